import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noChromium } from "./test/browser.ts";
import { consentView, signedQuery } from "./test/fixtures.ts";
import { pageTests } from "./test/page-tests.ts";

/** Tool name -> badge, as the page shows them. */
async function badges(page: Page): Promise<Record<string, string>> {
  const rows = await page
    .locator(".tool")
    .evaluateAll((items) =>
      items.map((item) => [
        item.querySelector(".tool-name")?.textContent ?? "",
        item.querySelector(".badge")?.textContent ?? "",
      ]),
    );
  return Object.fromEntries(rows) as Record<string, string>;
}

const readOnly = {
  list_issues: "Allowed",
  get_issue: "Allowed",
  create_issue: "Denied",
  update_issue: "Denied",
  delete_issue: "Denied",
  delete_project: "Denied",
};

describe.skipIf(noChromium)("the consent page", () => {
  const tests = pageTests();
  const path = `/consent?${signedQuery}`;
  const chosen = (page: Page) => page.locator("input[name=level]:checked").inputValue();

  it("says who asks, for whom and where the browser goes, and starts at the lowest level", async () => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("high") });
    const page = await tests.open(path);
    await page.getByText("Example Editor asks to use Issue tracker in your name.").waitFor();
    const text = await page.locator("main").textContent();
    expect(text).toContain("Will send you back to127.0.0.1 (a program on this computer)");
    expect(text).toContain("developer@example.com");
    expect(text).toContain("Issues and projects of the demo team.");
    expect(await chosen(page)).toBe("low");
    expect(await badges(page)).toEqual(readOnly);
    expect(tests.gateway.seen.map((request) => request.url)).toEqual([`/api/consent?${signedQuery}`]);
  });

  it("lets the badges follow the level", async () => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("high") });
    const page = await tests.open(path);
    await page.getByText("Write", { exact: true }).click();
    expect(await badges(page)).toEqual({ ...readOnly, create_issue: "Allowed", update_issue: "Allowed" });
    await page.getByRole("status").filter({ hasText: "4 of 6 tools allowed" }).waitFor();
    await page.getByText("Destructive", { exact: true }).click();
    expect(Object.values(await badges(page))).toEqual(Array(6).fill("Allowed"));
    await page.getByText("Read", { exact: true }).click();
    expect(await badges(page)).toEqual(readOnly);
  });

  it("does not let a level above the ceiling be chosen: not by mouse, keyboard or a changed page", async () => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("medium") });
    tests.gateway.api.set("POST /api/consent", {
      status: 200,
      body: { redirect: `${tests.gateway.origin}/client/callback?code=1` },
    });
    const page = await tests.open(path);
    await page.getByText("An admin set your limit on this server to medium.").waitFor();
    const high = page.locator("input[value=high]");
    expect(await high.isDisabled()).toBe(true);
    await page.getByText("Destructive", { exact: true }).click({ force: true });
    await high.click({ force: true });
    expect(await chosen(page)).toBe("low");

    await page.locator("input[value=low]").focus();
    for (const _press of [1, 2, 3, 4]) {
      await page.keyboard.press("ArrowRight");
      expect(["low", "medium"]).toContain(await chosen(page));
    }
    await high.evaluate((input) => input.removeAttribute("disabled"));
    await high.click({ force: true });
    await page.getByText("Write", { exact: true }).click();
    await high.click({ force: true });
    expect(await chosen(page)).toBe("medium");
    expect((await badges(page)).delete_issue).toBe("Denied");
    await page.getByRole("button", { name: "Authorize" }).click();
    await page.waitForURL("**/client/callback?code=1");
    expect(tests.gateway.posts.map((post) => post.body)).toEqual([
      { accept: true, query: signedQuery, servers: [{ server: "issues", level: "medium" }] },
    ]);
  });

  it("posts exactly the contract's body, once, and goes back to the client", async () => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("high") });
    tests.gateway.api.set("POST /api/consent", {
      status: 200,
      body: { redirect: `${tests.gateway.origin}/client/callback?code=1&state=a%20b` },
      hang: true,
    });
    const page = await tests.open(path);
    await page.getByText("Destructive", { exact: true }).click();
    await page.getByRole("button", { name: "Authorize" }).dblclick();
    const busy = page.getByRole("button", { name: "Sending…" });
    expect(await busy.isDisabled()).toBe(true);
    expect(await page.locator("input[value=low]").isDisabled()).toBe(true);
    await page.locator("form").evaluate((form: HTMLFormElement) => form.requestSubmit());
    tests.gateway.release();
    await page.waitForURL("**/client/callback?code=1&state=a%20b");
    expect(tests.gateway.posts).toEqual([
      {
        method: "POST",
        url: "/api/consent",
        contentType: "application/json",
        body: { accept: true, query: signedQuery, servers: [{ server: "issues", level: "high" }] },
      },
    ]);
  });

  it("denies with the contract's body", async () => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("low") });
    tests.gateway.api.set("POST /api/consent", {
      status: 200,
      body: { redirect: `${tests.gateway.origin}/client/callback?error=access_denied` },
    });
    const page = await tests.open(path);
    await page.getByRole("button", { name: "Deny" }).click();
    await page.waitForURL("**/client/callback?error=access_denied");
    expect(tests.gateway.posts.map((post) => post.body)).toEqual([{ accept: false, query: signedQuery }]);
  });

  it("says what to ask an admin for when there is no grant, and offers only to deny", async () => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: { ...consentView("low"), server: null } });
    tests.gateway.api.set("POST /api/consent", {
      status: 200,
      body: { redirect: `${tests.gateway.origin}/client/callback?error=access_denied` },
    });
    const page = await tests.open(path);
    await page.getByRole("heading", { name: "No access to this server" }).waitFor();
    const text = await page.locator("main").textContent();
    expect(text).toContain("Ask an admin of Demo for a grant on it for developer@example.com");
    expect(text).toContain("http://127.0.0.1:8080/mcp/issues");
    expect(await page.getByRole("button").allInnerTexts()).toEqual(["Deny and go back"]);
    await page.getByRole("button", { name: "Deny and go back" }).click();
    await page.waitForURL("**/client/callback?error=access_denied");
    expect(tests.gateway.posts.map((post) => post.body)).toEqual([{ accept: false, query: signedQuery }]);
  });

  it("says until when the consent will hold", async () => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("high") });
    const page = await tests.open(path);
    await page.getByText("Holds until").waitFor();
    const text = await page.locator("form").textContent();
    expect(text).toMatch(
      /Holds until (May 31|Jun [12]), 2026, .+, or until it was not used for 30 days\. You can revoke it before\./,
    );
  });

  it("says why when there is a grant that can't be used", async () => {
    const message = 'What the policy granted you on "issues" ended with 2026-11-30 (UTC). Ask an admin to extend it.';
    const refused = { error: "GRANT_ENDED", message };
    tests.gateway.api.set("GET /api/consent", { status: 200, body: { ...consentView("low"), server: null, refused } });
    const page = await tests.open(path);
    await page.getByText(message).waitFor();
    expect(await page.getByRole("button").allInnerTexts()).toEqual(["Deny and go back"]);
  });

  it("stops when the ceiling was lowered meanwhile, and starts again from the new one", async () => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("high") });
    const message = "You can't consent to more than the ceiling an admin set for you on this server.";
    tests.gateway.api.set("POST /api/consent", { status: 403, body: { error: "CEILING_EXCEEDED", message } });
    const page = await tests.open(path);
    await page.getByText("Destructive", { exact: true }).click();
    await page.getByRole("button", { name: "Authorize" }).click();
    const alert = page.getByRole("alert");
    await alert.filter({ hasText: "Your access changed while this page was open" }).waitFor();
    expect(await alert.textContent()).toContain(message);
    expect(await page.getByRole("button", { name: "Authorize" }).isDisabled()).toBe(true);

    tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("low") });
    await page.getByRole("button", { name: "Load the current state" }).click();
    await page.getByText("An admin set your limit on this server to low.").waitFor();
    expect(await chosen(page)).toBe("low");
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(tests.gateway.posts).toHaveLength(1);
  });

  it.each([
    ["503", { status: 503, body: { error: "PERMIT_UNAVAILABLE", message: "Permit could not be reached." } }],
    ["a refusal that says nothing of the policy", { status: 403, body: { error: "ORIGIN_FORBIDDEN", message: "No." } }],
    ["no answer", "drop" as const],
    ["an answer that is no JSON", { status: 200 }],
  ])("stays and can be sent again after %s", async (_name, answer) => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("low") });
    tests.gateway.api.set("POST /api/consent", answer);
    const page = await tests.open(path);
    await page.getByRole("button", { name: "Authorize" }).click();
    await page.getByRole("alert").filter({ hasText: "Your answer was not taken" }).waitFor();
    expect(await page.getByRole("button", { name: "Authorize" }).isEnabled()).toBe(true);
    expect(new URL(page.url()).pathname).toBe("/consent");
  });

  it("shows an expired request without anything to authorize", async () => {
    const message = "This consent request is not valid or has expired. Start again from your MCP client.";
    tests.gateway.api.set("GET /api/consent", { status: 400, body: { error: "CONSENT_REQUEST_INVALID", message } });
    const page = await tests.open(path);
    await page.getByRole("heading", { name: "This request has expired" }).waitFor();
    expect(await page.getByRole("alert").textContent()).toBe(message);
    expect(await page.getByRole("button").count()).toBe(0);
  });

  it("sends a human whose sign-in has ended to sign in, with the same query", async () => {
    tests.gateway.api.set("GET /api/consent", { status: 401, body: { error: "NOT_SIGNED_IN", message: "Sign in." } });
    const page = await tests.open(path);
    expect(await page.getByRole("link", { name: "Sign in" }).getAttribute("href")).toBe(`/sign-in?${signedQuery}`);
  });

  it("opens a native client with a URL scheme of its own, and stays", async () => {
    const redirect = "example-editor://mcp/oauth?code=1&state=a";
    const view = consentView("low");
    const client = { ...view.client, redirectHost: "example-editor:" };
    tests.gateway.api.set("GET /api/consent", { status: 200, body: { ...view, client } });
    tests.gateway.api.set("POST /api/consent", { status: 200, body: { redirect } });
    const page = await tests.open(path);
    await page.getByText("example-editor: (a program on this computer)").waitFor();
    const followed = page.waitForEvent("request", (request) => request.url() === redirect);
    await page.getByRole("button", { name: "Authorize" }).click();
    await page.getByText("You can close this page.").waitFor();
    await followed;
    expect(await page.getByRole("link", { name: "Go back to the client" }).getAttribute("href")).toBe(redirect);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Authorized");
  });
});
