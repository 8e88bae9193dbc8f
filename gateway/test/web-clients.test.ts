/** MCP clients in web pages: those that the policy names, and no others. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { noChromium, startBrowser } from "../web/test/browser.ts";
import { gateway, prepareAttackedGateway, token, upstream } from "./attacked-gateway.ts";
import { post, toolCall } from "./mcp-requests.ts";

prepareAttackedGateway("high");

const inspector = "https://inspector.example.com";
beforeEach(() => gateway.provision({ host: { clients: { webOrigins: [inspector] } } }));

const path = () => `${gateway.url}/mcp/issues`;
const preflight = (origin: string, headers = "authorization,content-type", url = path()) =>
  fetch(url, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": headers },
  });
const corsOf = ({ headers }: { readonly headers: Headers }) =>
  [...headers].filter(([name]) => name.startsWith("access-control-"));
const call = (origin: string, as: string | undefined = token) => {
  const { headers, body } = toolCall("list_issues");
  return post(gateway, as, { headers: { ...headers, origin }, body });
};

describe("pages that may", () => {
  test.each([inspector, "http://localhost:6274", "http://127.0.0.1:3000", "http://[::1]:80801".slice(0, -1)])(
    "%s: asks first, calls, and reads the answer",
    async (origin) => {
      const asked = await preflight(
        origin,
        "Authorization, content-type,mcp-protocol-version, Mcp-Param-Region,x-other",
      );
      expect([asked.status, await asked.text(), asked.headers.get("vary")]).toEqual([204, "", "origin"]);
      expect(Object.fromEntries(corsOf(asked))).toEqual({
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST, DELETE",
        "access-control-allow-headers": "authorization, content-type, mcp-protocol-version, mcp-param-region",
        "access-control-expose-headers":
          "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after, x-request-id",
        "access-control-max-age": "7200",
      });
      expect(upstream.requests).toEqual([]);
      const answer = await call(origin);
      expect(answer.body.result).toBeDefined();
      expect(Object.fromEntries(corsOf(answer))).toMatchObject({ "access-control-allow-origin": origin });
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    },
  );

  test("the gateway's own pages", async () => {
    expect((await call(gateway.url)).body.result).toBeDefined();
  });

  test("read refusals too: where to sign in, how long to wait, and what is not there", async () => {
    const unknown = await call(inspector, "nobody");
    expect([unknown.status, unknown.headers.get("www-authenticate")]).toEqual([401, expect.stringMatching(/^Bearer /)]);
    const missing = await post(gateway, token, { headers: { origin: inspector }, body: {} }, "nothing");
    gateway.provision({
      host: { clients: { webOrigins: [inspector] }, rate_limits: { mcp: { max: 1, windowSeconds: 60 } } },
    });
    await call(inspector);
    const limited = await call(inspector);
    expect([missing.status, limited.status, limited.headers.get("retry-after")]).toEqual([404, 429, "60"]);
    for (const { headers } of [unknown, missing, limited]) {
      expect(headers.get("access-control-allow-origin")).toBe(inspector);
    }
  });
});

describe("pages that may not", () => {
  test.each([
    "https://evil.test",
    "null",
    "not a url",
    "http://inspector.example.com",
    "https://inspector.example.com:8443",
    "https://inspector.example.com.evil.test",
    "https://evil.test/https://inspector.example.com",
    "https://INSPECTOR.example.com",
    `${inspector}/`,
    `${inspector}, https://evil.test`,
    "https://sub.inspector.example.com",
    "http://localhost.evil.test",
    "http://localhost@evil.test",
    "http://user@localhost",
  ])("%s", async (origin) => {
    const asked = await preflight(origin);
    const answer = await call(origin);
    expect([asked.status, answer.status, answer.body.error?.data.code]).toEqual([403, 403, "ORIGIN_FORBIDDEN"]);
    expect([corsOf(asked), corsOf(answer), answer.headers.get("vary")]).toEqual([[], [], "origin"]);
    const stream = await fetch(path(), {
      headers: { origin, authorization: `Bearer ${token}`, accept: "text/event-stream" },
    });
    expect([stream.status, corsOf(stream)]).toEqual([403, []]);
    await stream.text();
    expect([upstream.requests, gateway.world.audit, gateway.world.asked]).toEqual([[], [], []]);
  });

  test("one that the policy names no more, though its browser remembers that it might", async () => {
    expect((await preflight(inspector)).status).toBe(204);
    gateway.provision();
    const answer = await call(inspector);
    expect([answer.status, corsOf(answer), upstream.requests]).toEqual([403, [], []]);
  });

  test("headers of ours and of proxies can't be asked for", async () => {
    const asked = await preflight(inspector, "x-forwarded-for,x-gateway-auth,cookie,mcp-param-\u00e9,authorization");
    expect(asked.headers.get("access-control-allow-headers")).toBe("authorization");
  });

  test("cookies are no way in, and other paths stay closed to pages", async () => {
    const { headers, body } = toolCall("list_issues");
    const answer = await post(gateway, undefined, {
      headers: { ...headers, origin: inspector, cookie: `t=${token}` },
      body,
    });
    expect(answer.status).toBe(401);
    for (const url of ["/healthz", "/api/consent", "/mcp/issues/x"]) {
      const asked = await preflight(inspector, "authorization", `${gateway.url}${url}`);
      expect([asked.status, corsOf(asked)]).toEqual([404, []]);
    }
  });
});

describe.skipIf(noChromium)("in a real browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  /** What a page of this origin gets done: a session, a call in it, and the challenge without a token. */
  async function visit(origin: string) {
    // The gateway is on this machine here; without this it would not matter what it says (Local Network Access).
    const context = await browser.newContext({ permissions: ["local-network-access"] });
    const page = await context.newPage();
    // The page is made up here; what it asks the gateway for goes over the network.
    await page.route(`${origin}/**`, (route) =>
      route.fulfill({ contentType: "text/html", body: "<title>client</title>" }),
    );
    await page.goto(`${origin}/`);
    const result = await page.evaluate(
      async ({ url, bearer }) => {
        const send = async (authorization: string, message: object, more: Record<string, string> = {}) => {
          const headers = {
            authorization,
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
          };
          const request = {
            method: "POST",
            headers: { ...headers, ...more },
            body: JSON.stringify({ jsonrpc: "2.0", ...message }),
          };
          const answer = await fetch(url, request);
          return { answer, text: await answer.text() };
        };
        const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "page", version: "1" } };
        try {
          const opened = await send(bearer, { id: 1, method: "initialize", params });
          const session = {
            "mcp-session-id": opened.answer.headers.get("mcp-session-id") ?? "",
            "mcp-protocol-version": "2025-06-18",
          };
          const call = { id: 2, method: "tools/call", params: { name: "list_issues", arguments: {} } };
          const called = await send(bearer, call, session);
          const unknown = await send("Bearer nobody", call, session);
          return { called: called.text, challenge: unknown.answer.headers.get("www-authenticate") };
        } catch (error) {
          return { failed: String(error) };
        }
      },
      { url: path(), bearer: `Bearer ${token}` },
    );
    await context.close();
    return result;
  }

  test("a page of the list works through CORS, one of another site gets nothing", async () => {
    const { called, challenge } = (await visit(inspector)) as { called: string; challenge: string };
    expect([called.includes("list_issues"), challenge]).toEqual([
      true,
      expect.stringMatching(/^Bearer resource_metadata=/),
    ]);
    expect(upstream.ran).toEqual(["list_issues"]);
    const before = upstream.requests.length;
    expect(await visit("https://evil.test")).toEqual({ failed: "TypeError: Failed to fetch" });
    expect(upstream.requests.length).toBe(before);
  });
});
