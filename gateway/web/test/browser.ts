import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const chromiumPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);
const howToInstall = "the pages' tests need Chromium: apt-get update && apt-get install -y chromium";
if (chromiumPath === undefined) {
  if (process.env.CI !== undefined) throw new Error(howToInstall);
  process.stderr.write(`SKIPPED: ${howToInstall}\n`);
}

/** True when the tests can't run here. In CI that is an error, thrown on import. */
export const noChromium = chromiumPath === undefined;

/** Starts Chromium with a profile of its own. */
export function startBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(howToInstall);
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** How a page is looked at. A phone in daylight unless told otherwise. */
export interface Look {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
}

/** Sets window size and theme. */
export async function show(page: Page, look: Look): Promise<void> {
  await page.setViewportSize({ width: look.width ?? 360, height: 800 });
  await page.emulateMedia({ colorScheme: look.scheme ?? "light" });
}

/** Collects what no page of ours may do: console errors (a broken security policy is one), exceptions, foreign requests. */
export function watch(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on("console", (message) => {
    // The browser reports a refused API request by itself; the page shows it, and that is what the tests look at.
    const refused = message.text().startsWith("Failed to load resource") && message.location().url.includes("/api/");
    // A test machine has no such program, and some versions of the browser say so.
    const noNativeClient = message.text().startsWith("Failed to launch 'example-editor:");
    if (message.type() === "error" && !refused && !noNativeClient) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (address.protocol.startsWith("http") && address.origin !== origin) faults.push(`request: ${address.href}`);
  });
  return faults;
}
