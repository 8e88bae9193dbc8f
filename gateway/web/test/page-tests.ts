import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { show, startBrowser, watch } from "./browser.ts";
import { type BuiltPages, builtPages } from "./built-pages.ts";
import { StubGateway } from "./stub-gateway.ts";

/** What a test of the pages works with. */
export interface PageTests {
  readonly gateway: StubGateway;
  /** Opens `path` at phone width. */
  open(path: string): Promise<Page>;
}

interface Running {
  readonly built: BuiltPages;
  readonly gateway: StubGateway;
  readonly browser: Browser;
  readonly page: Page;
  readonly faults: string[];
}

/**
 * Registers the hooks that start the browser and the stub. After every test, what it opened must be free of console
 * errors, broken security policy, exceptions and requests to other origins. The tests of a file share one page, which
 * is quick, and safe because the pages store nothing in the browser: that is checked too.
 */
export function pageTests(): PageTests {
  let running: Running | undefined;

  beforeAll(async () => {
    const built = await builtPages();
    const gateway = new StubGateway(built.folder);
    await gateway.start();
    const browser = await startBrowser();
    const page = await browser.newPage({ reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" });
    page.setDefaultTimeout(5_000);
    running = { built, gateway, browser, page, faults: watch(page, gateway.origin) };
  });
  afterEach(async () => {
    const { gateway, page, faults } = inTest(running);
    gateway.reset();
    const stored = await page.evaluate(() => document.cookie.length + localStorage.length + sessionStorage.length);
    await page.goto("about:blank");
    expect(stored).toBe(0);
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await running?.browser.close();
    await running?.gateway.stop();
    await running?.built.remove();
  });

  return {
    get gateway() {
      return inTest(running).gateway;
    },
    async open(path) {
      const { page, gateway } = inTest(running);
      await show(page, {});
      await page.goto(gateway.origin + path);
      return page;
    },
  };
}

function inTest(running: Running | undefined): Running {
  if (running === undefined) throw new Error("only inside a test");
  return running;
}
