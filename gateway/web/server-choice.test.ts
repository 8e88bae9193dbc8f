import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noChromium } from "./test/browser.ts";
import { choiceView, connected, signedQuery, signInChoiceView, signInNeeded } from "./test/fixtures.ts";
import { pageTests } from "./test/page-tests.ts";

describe.skipIf(noChromium)("the choice of servers", () => {
  const tests = pageTests();
  const path = `/consent?${signedQuery}`;
  const three = ["Calendar", "Documents", "Issue tracker"];
  const open = (names: readonly string[], preselected: readonly string[] = []) => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: choiceView(names, preselected) });
    const redirect = `${tests.gateway.origin}/client/callback?code=1`;
    tests.gateway.api.set("POST /api/consent", { status: 200, body: { redirect } });
    return tests.open(path);
  };
  const box = (page: Page, name: string) => page.getByRole("checkbox", { name });
  const go = (page: Page) => page.getByRole("button", { name: "Continue" }).click();
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);

  it("shows each server with its limit, then asks how much, and posts the one that was chosen", async () => {
    const page = await open(three);
    await page.getByText("Example Editor asks to use your servers in your name.").waitFor();
    expect(await page.locator(".server-option").nth(1).textContent()).toBe(
      "DocumentsLooks after the documents of the team.Up to Write (medium)",
    );
    expect(await page.getByRole("button", { name: "Continue" }).isDisabled()).toBe(true);
    await box(page, "Documents").check();
    await go(page);
    await page.getByText("Example Editor asks to use Documents in your name.").waitFor();
    expect(await focused(page)).toBe("Connect an agent");
    expect(await page.locator("input[value=high]").isDisabled()).toBe(true);
    expect(tests.gateway.posts).toEqual([]);
    await page.getByText("Write", { exact: true }).click();
    await page.getByRole("button", { name: "Authorize" }).click();
    await page.waitForURL("**/client/callback?code=1");
    expect(tests.gateway.posts.map(({ body }) => body)).toEqual([
      { accept: true, query: signedQuery, servers: [{ server: "documents", level: "medium" }] },
    ]);
  });

  it("asks how much of each of several, in the limits of each, and posts them as one answer", async () => {
    const page = await open(three);
    await box(page, "Calendar").check();
    await box(page, "Issue tracker").check();
    await page.getByText("2 chosen.").waitFor();
    await go(page);
    await page.getByText("asks to use Calendar and Issue tracker in your name.").waitFor();
    const calendar = page.getByRole("region", { name: "Calendar" });
    const issues = page.getByRole("region", { name: "Issue tracker" });
    await calendar.getByText("Destructive", { exact: true }).click();
    expect(await issues.locator("input[value=medium]").isDisabled()).toBe(true);
    expect(await issues.locator("input:checked").inputValue()).toBe("low");
    expect(await calendar.locator("input:checked").inputValue()).toBe("high");
    await page.getByRole("button", { name: "Authorize" }).click();
    await page.waitForURL("**/client/callback?code=1");
    const servers = [
      { server: "calendar", level: "high" },
      { server: "issue-tracker", level: "low" },
    ];
    expect(tests.gateway.posts.map(({ body }) => body)).toEqual([{ accept: true, query: signedQuery, servers }]);
  });

  it("has signing in at one of several come first, and finds all chosen on the way back", async () => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: signInChoiceView(["Calendar", "Wiki"], "wiki") });
    tests.gateway.api.set("POST /api/connect", { status: 200, body: { ...signInNeeded, name: "Wiki" } });
    tests.gateway.api.set("POST /api/connect/start", { status: 502, body: { error: "X", message: "No way." } });
    const page = await tests.open(path);
    await page.getByRole("button", { name: "Sign in at Wiki" }).waitFor();
    expect(await page.getByRole("button", { name: "Authorize" }).count()).toBe(0);
    expect(await page.getByRole("radio").count()).toBe(0);
    await page.locator("form").evaluate((form: HTMLFormElement) => form.requestSubmit());
    await page.getByRole("button", { name: "Sign in at Wiki" }).click();
    await page.getByRole("alert").filter({ hasText: "No way." }).waitFor();
    expect(tests.gateway.posts.filter(({ url }) => url !== "/api/connect").map(({ body }) => body)).toEqual([
      { server: "wiki", query: signedQuery, chosen: ["calendar", "wiki"] },
    ]);
    tests.gateway.api.set("POST /api/connect", { status: 200, body: connected() });
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("button", { name: "Authorize" }).waitFor();
    expect(await page.getByRole("radio").count()).toBe(6);
  });

  it("leads back to the choice, by its button and the browser's, with what was ticked and no level", async () => {
    const page = await open(three);
    await box(page, "Calendar").check();
    await go(page);
    await page.getByText("Destructive", { exact: true }).click();
    await page.getByRole("button", { name: "Back to the choice of servers" }).click();
    await page.getByRole("heading", { name: "Choose servers" }).waitFor();
    expect(await focused(page)).toBe("Choose servers");
    expect(await box(page, "Calendar").isChecked()).toBe(true);
    await box(page, "Calendar").uncheck();
    await box(page, "Documents").check();
    await go(page);
    expect(await page.locator("input[name=level]:checked").inputValue()).toBe("low");
    await page.goBack();
    await page.getByRole("heading", { name: "Choose servers" }).waitFor();
    expect(page.url()).toBe(tests.gateway.origin + path);
    await page.goForward();
    await page.getByText("asks to use Documents").waitFor();
  });

  it("is made by keyboard", async () => {
    const page = await open(three);
    await box(page, "Documents").focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await page.getByText("asks to use Documents and Issue tracker").waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Back to the choice of servers");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Choose servers" }).waitFor();
  });

  it("begins with the server that the client's URL names, and can be changed", async () => {
    const page = await open(three, ["issue-tracker"]);
    await page.getByText("asks to use Issue tracker").waitFor();
    await page.getByRole("button", { name: "Back to the choice of servers" }).click();
    await box(page, "Calendar").check();
    expect(await box(page, "Issue tracker").isChecked()).toBe(true);
  });

  it("is skipped when there is one server, and can be searched when there are many", async () => {
    const one = await open(["Wiki"]);
    await one.getByText("asks to use Wiki").waitFor();
    expect(await one.getByRole("button").allInnerTexts()).toEqual(["Authorize", "Deny"]);

    const page = await open(["Build", "Calendar", "Chat", "Issues", "Mail", "Notes", "Wiki"]);
    await box(page, "Wiki").check();
    await page.getByLabel("Search").fill("team  MAIL");
    await page.getByRole("status").filter({ hasText: "1 of 7 servers" }).waitFor();
    expect(await page.locator(".server-name").allInnerTexts()).toEqual(["Mail"]);
    await page.getByLabel("Search").fill("nothing like it");
    await page.getByRole("status").filter({ hasText: "0 of 7 servers" }).waitFor();
    // What is ticked counts, whatever is searched for.
    await go(page);
    await page.getByText("asks to use Wiki").waitFor();
  });

  it("ends at as many as one agent can have", async () => {
    const view = choiceView(three);
    const choice = { servers: view.choice?.servers ?? [], preselected: [], most: 2, entering: null };
    tests.gateway.api.set("GET /api/consent", { status: 200, body: { ...view, choice } });
    const page = await tests.open(path);
    await box(page, "Calendar").check();
    await box(page, "Documents").check();
    expect(await box(page, "Issue tracker").isDisabled()).toBe(true);
    await box(page, "Calendar").uncheck();
    expect(await box(page, "Issue tracker").isDisabled()).toBe(false);
  });

  it("can be denied, and says so when there is nothing to choose from", async () => {
    const page = await open(three);
    await page.getByRole("button", { name: "Deny" }).click();
    await page.waitForURL("**/client/callback?code=1");
    expect(tests.gateway.posts.map(({ body }) => body)).toEqual([{ accept: false, query: signedQuery }]);

    const empty = await open([]);
    await empty.getByRole("heading", { name: "No servers yet" }).waitFor();
    expect(await empty.locator("main").textContent()).toContain(
      "Ask an admin of Demo for a grant on a server for developer@example.com",
    );
    expect(await empty.getByRole("button").allInnerTexts()).toEqual(["Deny and go back"]);
  });
});
