import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { ConsentChoice, Consenter } from "./human.ts";

const chromiumPaths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is on this machine; undefined when it is not installed. */
export const chromiumPath: string | undefined = chromiumPaths.find((path) => existsSync(path));

/** A human at the gateway's pages with a real browser, which sees and clicks what a person would. */
export class BrowserHuman implements Consenter {
  readonly #email: string;
  readonly #password: string;
  /** Levels that the consent page would not let this human choose, of the last request. */
  mutedLevels: readonly string[] = [];

  constructor(email: string, password: string) {
    this.#email = email;
    this.#password = password;
  }

  async authorize(authorizationUrl: URL, choice: ConsentChoice): Promise<URL> {
    if (chromiumPath === undefined) throw new Error("Chromium is not installed: apt-get install chromium");
    const browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
    });
    try {
      const page = await browser.newPage();
      const redirectUri = authorizationUrl.searchParams.get("redirect_uri") ?? "";
      // Stands in for the client's listener: what counts is the request, as it does for a real one.
      const called = Promise.withResolvers<URL>();
      await page.route(`${redirectUri}**`, async (route) => {
        const url = new URL(route.request().url());
        // A browser that does not wait for the answer has made the request all the same.
        await route.fulfill({ contentType: "text/plain", body: "Back at the client." }).catch(() => undefined);
        called.resolve(url);
      });
      await page.goto(authorizationUrl.href);
      await page.getByLabel("E-mail address").fill(this.#email);
      await page.getByLabel("Password").fill(this.#password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("button", { name: "Deny" }).waitFor();
      this.mutedLevels = await page
        .locator('input[name="level"]:disabled')
        .evaluateAll((inputs) => inputs.map((input) => input.getAttribute("value") ?? ""));
      if (choice === "deny") {
        await page.getByRole("button", { name: "Deny" }).click();
      } else {
        await page.locator(`input[name="level"][value="${choice.level}"]`).check();
        await page.getByRole("button", { name: "Authorize" }).click();
      }
      return await Promise.race([called.promise, page.waitForTimeout(20_000).then(() => gaveUp(page.url()))]);
    } finally {
      await browser.close();
    }
  }
}

function gaveUp(url: string): never {
  throw new Error(`The browser was not sent back to the client within 20 seconds. It is at ${url}`);
}
