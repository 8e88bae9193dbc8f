/** Servers that the human connects by URL, on the pages. */
import { describe, expect, it } from "vitest";
import { noChromium } from "./test/browser.ts";
import { choiceView, consentView, enteredServers, ownServer, signedQuery } from "./test/fixtures.ts";
import { pageTests } from "./test/page-tests.ts";

describe.skipIf(noChromium)("a server of one's own", () => {
  const tests = pageTests();
  const path = `/consent?${signedQuery}`;
  const entering = { left: 2, ceiling: "medium" } as const;
  const tools = consentView("high").server?.tools ?? [];

  it("is connected by its address, shown with what it is, and consented to", async () => {
    const { api, origin, posts } = tests.gateway;
    api.set("GET /api/consent", { status: 200, body: choiceView([], [], entering) });
    api.set("POST /api/servers", { status: 200, body: { server: ownServer().key } });
    api.set("POST /api/consent", { status: 200, body: { redirect: `${origin}/client/callback?code=1` } });
    const page = await tests.open(path);
    await page.getByText("You have none yet.").waitFor();
    await page.getByLabel("Address of the server").fill("  https://tools.example.com/mcp ");
    const { choice, ...view } = choiceView([], [], entering);
    const own = { ...choice, servers: [ownServer(tools)] };
    api.set("GET /api/consent", { status: 200, body: { ...view, choice: own } });
    await page.keyboard.press("Enter");
    await page.getByText("You connected it, and no admin has reviewed it.").waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Connect an agent");
    await page.getByRole("button", { name: "Authorize" }).click();
    await page.waitForURL("**/client/callback?code=1");
    expect(tests.gateway.posts.map(({ url, body }) => [url, body])).toMatchObject([
      ["/api/servers", { query: signedQuery, url: "https://tools.example.com/mcp" }],
      ["/api/consent", { accept: true, servers: [{ server: ownServer().key, level: "low" }] }],
    ]);
    expect(posts).toHaveLength(0);
  });

  it("that was refused leaves the address there and the keyboard at the reason", async () => {
    const { api } = tests.gateway;
    api.set("GET /api/consent", { status: 200, body: choiceView(["Calendar"], [], entering) });
    api.set("POST /api/servers", { status: 502, body: { error: "UPSTREAM_UNAVAILABLE", message: "It is away." } });
    const page = await tests.open(path);
    await page.getByLabel("Address of the server").fill("https://tools.example.com/");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    const alert = page.getByRole("alert").filter({ hasText: "No MCP server answered there" });
    await alert.waitFor();
    expect(await alert.evaluate((box) => box === document.activeElement)).toBe(true);
    expect(await page.getByLabel("Address of the server").inputValue()).toBe("https://tools.example.com/");
  });

  it("is not offered where the policy lets nobody, and not authorized before it has shown tools", async () => {
    const { api } = tests.gateway;
    api.set("GET /api/consent", { status: 200, body: choiceView(["Calendar", "Documents"]) });
    const page = await tests.open(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(await page.getByLabel("Address of the server").count()).toBe(0);
    api.set("GET /api/consent", { status: 200, body: { ...consentView("low"), server: ownServer() } });
    await page.reload();
    await page.getByText("It has shown no tools yet").waitFor();
    expect(await page.getByRole("button", { name: "Authorize" }).isDisabled()).toBe(true);
  });

  it("is forgotten after a question, with its agents", async () => {
    const { api } = tests.gateway;
    api.set("GET /api/grants", { status: 200, body: { grants: [] } });
    api.set("GET /api/servers", { status: 200, body: enteredServers });
    const route = `/api/servers/${ownServer().key}/forget`;
    api.set(`POST ${route}`, { status: 200, body: {} });
    const page = await tests.open("/");
    await page.getByRole("button", { name: "Forget tools.example.com/mcp" }).click();
    await page.getByText("The next call of every agent there is refused.").waitFor();
    api.set("GET /api/servers", { status: 200, body: { servers: [] } });
    await page.getByRole("button", { name: "Forget", exact: true }).click();
    await page.getByText("tools.example.com/mcp is forgotten.").waitFor();
    expect(await page.getByRole("heading", { name: "Servers of your own" }).count()).toBe(0);
    expect(tests.gateway.posts.map(({ url }) => url)).toEqual([route]);
  });
});
