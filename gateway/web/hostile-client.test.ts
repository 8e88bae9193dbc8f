import { describe, expect, it } from "vitest";
import { noChromium } from "./test/browser.ts";
import { consentView, signedQuery, signInView } from "./test/fixtures.ts";
import { pageTests } from "./test/page-tests.ts";

// Anybody can register a client: its name, id and redirect URI are an attacker's words.
describe.skipIf(noChromium)("a hostile client", () => {
  const tests = pageTests();
  const path = `/consent?${signedQuery}`;

  it("can't put markup or invisible characters into the page", async () => {
    const view = consentView("high");
    const name = `<img src=x onerror="document.title='owned'">\u202Eevil\u200B\n${"x".repeat(500)}`;
    const redirectHost = "<b>127.0.0.1</b>.attacker.example";
    tests.gateway.api.set("GET /api/consent", {
      status: 200,
      body: { ...view, client: { id: name, name, redirectHost } },
    });
    const page = await tests.open(path);
    await page.getByRole("button", { name: "Authorize" }).waitFor();
    const shown = (await page.locator(".client-name").textContent()) ?? "";
    expect(shown.startsWith('<img src=x onerror="document.title=')).toBe(true);
    expect(Array.from(shown)).toHaveLength(60);
    const text = (await page.locator("main").textContent()) ?? "";
    expect(text).not.toMatch(/[\p{Cf}\n]/u);
    expect(text).toContain("<b>127.0.0.1</b>.attacker.example");
    expect(text).not.toContain("a program on this computer");
    expect(await page.locator("main img, main b").count()).toBe(0);
    expect(await page.title()).toBe("Connect an agent · Demo");
  });

  it("that gives itself no visible name is called that", async () => {
    const view = consentView("low");
    const client = { ...view.client, name: "\u200B \u202E" };
    tests.gateway.api.set("GET /api/consent", { status: 200, body: { ...view, client } });
    const page = await tests.open(path);
    await page.getByText("A client without a name asks to use Issue tracker").waitFor();
  });

  it.each([
    "javascript:document.title='owned'",
    " JaVaScRiPt:document.title='owned'",
    "java\nscript:document.title='owned'",
    "data:text/html,<title>owned</title>",
    "blob:http://127.0.0.1/1",
    "http://",
  ])("can't have %j followed after consent", async (redirect) => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("low") });
    tests.gateway.api.set("POST /api/consent", { status: 200, body: { redirect } });
    const page = await tests.open(path);
    await page.getByRole("button", { name: "Authorize" }).click();
    await page.getByRole("heading", { name: "The way back is not safe" }).waitFor();
    expect(page.url()).toBe(tests.gateway.origin + path);
    expect(await page.title()).toBe("The way back is not safe · Demo");
    const links = await page.getByRole("link").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    expect(links).toEqual(["/"]);
  });

  it("can't have a script address followed on the way to an identity provider", async () => {
    tests.gateway.api.set("GET /api/sign-in", { status: 200, body: signInView(["google"]) });
    const url = "javascript:document.title='owned'";
    tests.gateway.api.set("POST /api/sign-in/redirect", { status: 200, body: { url } });
    const page = await tests.open(`/sign-in?${signedQuery}`);
    await page.getByRole("button", { name: "Continue with Google" }).click();
    await page.getByRole("alert").filter({ hasText: "could not be read" }).waitFor();
    expect(await page.title()).toBe("Sign in · Demo");
  });
});
