/**
 * A human and a server that wants them to sign in, in a real browser: from a client's authorization request through the
 * server's own authorization server, also a real one, to the code and the first call.
 */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createUpstream } from "../src/adapters/upstream.ts";
import { TestClient, tokensOf } from "../src/oauth/testing/test-client.ts";
import { TestHost } from "../src/oauth/testing/test-host.ts";
import { openMemoryDatabase } from "../testing/memory-database.ts";
import { noChromium, startBrowser } from "../web/test/browser.ts";
import { type BuiltPages, builtPages } from "../web/test/built-pages.ts";
import { post, toolCall } from "./mcp-requests.ts";
import { type OAuthUpstream, startOAuthUpstream } from "./oauth-upstream-fixture.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

describe.skipIf(noChromium)("a server with a sign-in of its own", () => {
  const http = createUpstream();
  let built: BuiltPages;
  let upstream: OAuthUpstream;
  let wiki: UpstreamFixture;
  let host: TestHost;
  let browser: Browser;
  beforeAll(async () => {
    built = await builtPages();
    upstream = await startOAuthUpstream();
    wiki = await startUpstream();
    host = await TestHost.start(await openMemoryDatabase(), {
      ...{ upstream: http, webDir: built.folder },
      decisions: {
        check: async () => true,
        checkAll: async (_user, actions) => actions.map(() => true),
        ready: async () => true,
      },
    });
    await host.directory.change({
      servers: {
        issues: {
          attributes: { name: "Issue tracker", upstream_url: upstream.url, auth: { type: "oauth" } },
          tools: { list_issues: "low", create_issue: "medium" },
        },
        wiki: { attributes: { name: "Wiki", upstream_url: wiki.url }, tools: { list_issues: "low" } },
      },
    });
    browser = await startBrowser();
  });
  afterEach(() => {
    upstream.whileThere = () => undefined;
    vi.useRealTimers();
  });
  afterAll(async () => {
    await browser?.close();
    await host?.close();
    await Promise.all([upstream?.close(), wiki?.close(), built?.remove(), http.close()]);
  });

  /** A new browser at the question of a new client, signed in to the gateway. */
  async function arrive(server: string | null = "issues") {
    const client = new TestClient(host.publicUrl);
    await client.register();
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const called = Promise.withResolvers<URL>();
    await page.route(`${client.redirectUri}**`, async (route) => {
      called.resolve(new URL(route.request().url()));
      await route.fulfill({ contentType: "text/plain", body: "Back at the client." });
    });
    await page.goto(client.authorizationUrl(server ?? undefined).href);
    await page.getByLabel("E-mail address").fill("lead@example.com");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    return { client, page, called: called.promise };
  }

  test("is signed in at on the way, however long it takes, and again by the link of a refused call", async () => {
    const { client, page, called } = await arrive();
    await page.getByRole("button", { name: "Sign in at Issue tracker" }).waitFor();
    const before = page.url();
    upstream.whileThere = () => {
      // Longer than the ten minutes of the page's signed query.
      if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11 * 60_000 });
    };
    await page.getByRole("button", { name: "Sign in at Issue tracker" }).click();
    await page.getByText("Issue tracker also has").waitFor();
    expect(page.url()).not.toBe(before);
    await page.getByRole("button", { name: "Authorize" }).click();
    const { access } = tokensOf(await client.exchange(await called));
    const call = () => post({ url: host.publicUrl }, access, toolCall("list_issues"));
    expect((await call()).body.result).toBeDefined();
    await page.goto(before);
    await page.getByText("This request has expired").waitFor();

    upstream.endGrants();
    const link = (await call()).body.error?.data as unknown as { link: string };
    await page.goto(link.link);
    await page.getByRole("button", { name: "Sign in at Issue tracker" }).click();
    await page.getByRole("heading", { name: "You are connected" }).waitFor();
    expect((await call()).body.result).toBeDefined();
  });

  test("is one of two that an agent gets at once, both still chosen after the sign-in", async () => {
    await host.database.kysely.deleteFrom("gateway_upstream_token").execute();
    const { client, page, called } = await arrive(null);
    await page.getByRole("heading", { name: "Choose servers" }).waitFor();
    for (const name of ["Issue tracker", "Wiki"]) await page.getByRole("checkbox", { name }).check();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Sign in at Issue tracker" }).click();
    await page.getByText("asks to use Issue tracker and Wiki").waitFor();
    await page.getByRole("region", { name: "Issue tracker" }).getByText("Write", { exact: true }).click();
    await page.getByRole("button", { name: "Authorize" }).click();
    const { access } = tokensOf(await client.exchange(await called));
    const call = (name: string) => post({ url: host.publicUrl }, access, toolCall(name), "");
    for (const name of ["issues__list_issues", "wiki__list_issues"]) {
      expect((await call(name)).body.result).toBeDefined();
    }
    // The page itself is on its way to the client, which is nowhere.
    const own = await page.context().newPage();
    await own.goto(`${host.publicUrl}/`);
    const cards = own.getByRole("listitem").filter({ hasText: "Together with" });
    await cards.first().waitFor();
    expect(await cards.count()).toBe(2);
  });

  test("that says no leaves the human at the question, with the reason and the way to try again", async () => {
    await host.database.kysely.deleteFrom("gateway_upstream_token").execute();
    upstream.human = "denies";
    const { page } = await arrive();
    await page.getByRole("button", { name: "Sign in at Issue tracker" }).click();
    await page.getByRole("alert").filter({ hasText: "said no" }).waitFor();
    expect(await page.getByRole("button", { name: "Authorize" }).count()).toBe(0);
    upstream.human = "agrees";
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("button", { name: "Sign in at Issue tracker" }).click();
    await page.getByRole("button", { name: "Authorize" }).waitFor();
  });
});
