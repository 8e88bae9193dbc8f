/** Connecting to a server on the consent page, and again without one. */
import { describe, expect, it } from "vitest";
import { noChromium } from "./test/browser.ts";
import { connected, consentView, signedQuery, signInConsentView, signInNeeded, signInView } from "./test/fixtures.ts";
import { pageTests } from "./test/page-tests.ts";

describe.skipIf(noChromium)("connecting to a server", () => {
  const tests = pageTests();
  const path = `/consent?${signedQuery}`;
  const request = { server: "issues", query: signedQuery };
  const away = { status: 502, body: { error: "UPSTREAM_UNAVAILABLE", message: "It does not answer." } };

  it("leads to the server's sign-in before anything can be authorized", async () => {
    const { api, origin } = tests.gateway;
    api.set("GET /api/consent", { status: 200, body: signInConsentView() });
    api.set("POST /api/connect", { status: 200, body: signInNeeded });
    api.set("POST /api/connect/start", { status: 200, body: { redirect: `${origin}/client/callback?at=server` } });
    const page = await tests.open(path);
    const button = page.getByRole("button", { name: "Sign in at Issue tracker" });
    await button.waitFor();
    expect(await page.getByRole("button", { name: "Authorize" }).count()).toBe(0);
    expect(await page.locator("[aria-current=step]").textContent()).toContain("Sign in at");
    await button.click();
    await page.waitForURL("**/client/callback?at=server");
    expect(tests.gateway.posts.map(({ url, body }) => [url, body])).toEqual([
      ["/api/connect", request],
      ["/api/connect/start", request],
    ]);
  });

  it("shows the question once the server knows the human, with what it has otherwise than the policy", async () => {
    const { api } = tests.gateway;
    api.set("GET /api/consent", { status: 200, body: signInConsentView() });
    api.set("POST /api/connect", {
      status: 200,
      body: connected(["get_issue"], ["merge\u202e_issues"], ["create_issue"]),
    });
    const page = await tests.open(path);
    await page.getByText("changed create_issue since it was reviewed: calls of it are refused until").waitFor();
    await page.getByText("Issue tracker does not have get_issue any more: calls of it fail.").waitFor();
    await page.getByText("Issue tracker also has merge_issues. The policy does not list it").waitFor();
    expect(await page.getByRole("button", { name: "Authorize" }).isEnabled()).toBe(true);
  });

  it("says what went wrong, keeps the keyboard there, and tries again", async () => {
    const { api } = tests.gateway;
    api.set("GET /api/consent", { status: 200, body: signInConsentView() });
    api.set("POST /api/connect", away);
    const page = await tests.open(path);
    const alert = page.getByRole("alert").filter({ hasText: "It does not answer." });
    await alert.waitFor();
    expect(await alert.evaluate((box) => box === document.activeElement)).toBe(true);
    expect(await page.getByRole("button", { name: "Authorize" }).count()).toBe(0);
    api.set("POST /api/connect", { status: 200, body: signInNeeded });
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("button", { name: "Sign in at Issue tracker" }).waitFor();
  });

  it("leads whoever is not signed in to the sign-in, and back", async () => {
    const { api } = tests.gateway;
    api.set("POST /api/connect", { status: 401, body: { error: "SIGN_IN_REQUIRED", message: "Sign in." } });
    api.set("GET /api/sign-in", { status: 200, body: signInView(["password"]) });
    const page = await tests.open("/connect/issues");
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.waitForURL("**/sign-in?connect=issues");
    await page.getByText("Sign in to connect to the server.").waitFor();
  });

  it("does not follow an address that would run as this page", async () => {
    const { api } = tests.gateway;
    api.set("GET /api/consent", { status: 200, body: signInConsentView() });
    api.set("POST /api/connect", { status: 200, body: signInNeeded });
    api.set("POST /api/connect/start", { status: 200, body: { redirect: "javascript:document.title='run'" } });
    const page = await tests.open(path);
    await page.getByRole("button", { name: "Sign in at Issue tracker" }).click();
    await page.getByText("no usable address").waitFor();
    expect(await page.title()).not.toBe("run");
  });

  it("only warns where nobody signs in: the policy lists the tools anyway", async () => {
    const { api } = tests.gateway;
    api.set("GET /api/consent", { status: 200, body: consentView("high") });
    api.set("POST /api/connect", away);
    const page = await tests.open(path);
    await page.getByText("Issue tracker could not be asked").waitFor();
    expect(await page.getByRole("button", { name: "Authorize" }).isEnabled()).toBe(true);
  });

  it("can be denied without it", async () => {
    const { api, origin } = tests.gateway;
    api.set("GET /api/consent", { status: 200, body: signInConsentView() });
    api.set("POST /api/connect", { status: 200, body: signInNeeded });
    api.set("POST /api/consent", { status: 200, body: { redirect: `${origin}/client/callback?error=access_denied` } });
    const page = await tests.open(path);
    await page.getByRole("button", { name: "Deny" }).click();
    await page.waitForURL("**/client/callback?error=access_denied");
  });

  it("again, from the link of a refused call: without a consent", async () => {
    const { api, origin } = tests.gateway;
    api.set("POST /api/connect", { status: 200, body: { ...connected(), askedForMore: true } });
    api.set("POST /api/connect/start", { status: 200, body: { redirect: `${origin}/client/callback?at=server` } });
    const page = await tests.open("/connect/issues");
    await page.getByText("Issue tracker wants you to allow more there").waitFor();
    await page.getByRole("button", { name: "Sign in at Issue tracker again" }).click();
    await page.waitForURL("**/client/callback?at=server");
    expect(tests.gateway.posts.map(({ body }) => body)).toEqual([{ server: "issues" }, { server: "issues" }]);
  });
});
