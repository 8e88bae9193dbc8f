import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noChromium } from "./test/browser.ts";
import { choiceView, signedQuery } from "./test/fixtures.ts";
import { pageTests } from "./test/page-tests.ts";

describe.skipIf(noChromium)("the choice of a server", () => {
  const tests = pageTests();
  const path = `/consent?${signedQuery}`;
  const three = ["Calendar", "Documents", "Issue tracker"];
  const open = (names: readonly string[], preselected: readonly string[] = []) => {
    tests.gateway.api.set("GET /api/consent", { status: 200, body: choiceView(names, preselected) });
    const redirect = `${tests.gateway.origin}/client/callback?code=1`;
    tests.gateway.api.set("POST /api/consent", { status: 200, body: { redirect } });
    return tests.open(path);
  };
  const option = (page: Page, name: string) => page.getByRole("button", { name });
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);

  it("shows each server with its limit, then asks how much, and posts the one that was chosen", async () => {
    const page = await open(three);
    await page.getByText("Example Editor asks to use one of your servers in your name.").waitFor();
    expect(await option(page, "Documents").textContent()).toBe(
      "DocumentsLooks after the documents of the team.Up to Write (medium)",
    );
    await option(page, "Documents").click();
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

  it("leads back to the choice, by its button and the browser's, and keeps nothing of the other server", async () => {
    const page = await open(three);
    await option(page, "Calendar").click();
    await page.getByText("Destructive", { exact: true }).click();
    await page.getByRole("button", { name: "Choose another server" }).click();
    await page.getByRole("heading", { name: "Choose a server" }).waitFor();
    expect(await focused(page)).toBe("Choose a server");
    await option(page, "Documents").click();
    expect(await page.locator("input[name=level]:checked").inputValue()).toBe("low");
    await page.goBack();
    await page.getByRole("heading", { name: "Choose a server" }).waitFor();
    expect(page.url()).toBe(tests.gateway.origin + path);
    await page.goForward();
    await page.getByText("asks to use Documents").waitFor();
  });

  it("is made by keyboard", async () => {
    const page = await open(three);
    await option(page, "Issue tracker").focus();
    await page.keyboard.press("Enter");
    await page.getByText("asks to use Issue tracker").waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Choose another server");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Choose a server" }).waitFor();
  });

  it("begins with the server that the client's URL names, and can be changed", async () => {
    const page = await open(three, ["issue-tracker"]);
    await page.getByText("asks to use Issue tracker").waitFor();
    await page.getByRole("button", { name: "Choose another server" }).click();
    await option(page, "Calendar").waitFor();
  });

  it("is skipped when there is one server, and can be searched when there are many", async () => {
    const one = await open(["Wiki"]);
    await one.getByText("asks to use Wiki").waitFor();
    expect(await one.getByRole("button").allInnerTexts()).toEqual(["Authorize", "Deny"]);

    const page = await open(["Build", "Calendar", "Chat", "Issues", "Mail", "Notes", "Wiki"]);
    await page.getByLabel("Search").fill("team  MAIL");
    await page.getByRole("status").filter({ hasText: "1 of 7 servers" }).waitFor();
    expect(await page.locator(".server-name").allInnerTexts()).toEqual(["Mail"]);
    await page.getByLabel("Search").fill("nothing like it");
    await page.getByRole("status").filter({ hasText: "0 of 7 servers" }).waitFor();
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
