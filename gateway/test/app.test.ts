/** What every request meets, whatever it asks for. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post } from "./mcp-requests.ts";

let gateway: GatewayFixture;
let notReady: string | undefined;

beforeAll(async () => {
  gateway = await startGateway("http://127.0.0.1:9/mcp", { notReady: () => notReady });
});
afterAll(() => gateway.close());

const get = (url: string, headers: Record<string, string> = {}) =>
  gateway.app.inject({ url, headers: { host: new URL(gateway.url).host, ...headers } });

describe("Host", () => {
  test.each(["evil.example", "localhost", "localhost:1", "127.0.0.1", "", "localhost.evil.example"])(
    "%j is refused everywhere but for health",
    async (host) => {
      for (const url of ["/", "/mcp/issues", "/assets/page.js", "/nothing"]) {
        const answer = await get(url, { host });
        expect([url, answer.statusCode, answer.json()]).toEqual([
          url,
          421,
          { error: "HOST_MISDIRECTED", message: "This gateway is not reachable under that host name." },
        ]);
      }
      expect((await get("/healthz", { host })).statusCode).toBe(200);
      expect((await get("/readyz", { host })).statusCode).toBe(200);
    },
  );
});

test("health: alive, ready, and not ready with the reason", async () => {
  expect((await get("/healthz")).json()).toEqual({ status: "alive" });
  expect((await get("/readyz")).json()).toEqual({
    status: "ready",
    ...{ database: "ok", decisionPoint: "ok", audit: "ok", policy: "ok" },
  });
  notReady = "The database does not answer.";
  const answer = await get("/readyz");
  notReady = undefined;
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toEqual({
    status: "not ready",
    database: "The database does not answer.",
    ...{ decisionPoint: "ok", audit: "ok", policy: "ok" },
  });
});

test("the pages: one document for their addresses, files beside it, nothing else", async () => {
  for (const url of ["/", "/sign-in?a=b", "/consent", "/error"]) {
    const answer = await get(url);
    expect([answer.statusCode, answer.headers["content-type"], answer.headers["cache-control"]]).toEqual([
      200,
      "text/html; charset=utf-8",
      "no-cache",
    ]);
  }
  expect((await get("/assets/page.js")).headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  for (const url of ["/nothing", "/assets/../../package.json", "/assets/%2e%2e/%2e%2e/package.json", "/mcp/a/b"]) {
    const answer = await get(url);
    expect([url, answer.statusCode, answer.json()]).toEqual([
      url,
      404,
      { error: "NOT_FOUND", message: "There is nothing at this address." },
    ]);
  }
});

test("a malformed address is refused in the same form", async () => {
  const answer = await get("/%E0%A4%A");
  expect([answer.statusCode, answer.json()]).toEqual([
    400,
    { error: "REQUEST_INVALID", message: "The request is not valid." },
  ]);
});

test("security headers on pages, errors and refusals", async () => {
  const refusal = await post(gateway, undefined, { body: {} });
  const seen = [
    (await get("/consent")).headers,
    (await get("/nothing")).headers,
    Object.fromEntries(refusal.headers.entries()),
  ];
  for (const headers of seen) {
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    // Plain http on this machine: a browser would keep the whole of localhost to https.
    expect(headers["strict-transport-security"]).toBeUndefined();
  }
});

test("a request id of the client is not taken over", async () => {
  expect(
    (await get("/healthz", { "x-request-id": "forged", "request-id": "forged" })).headers["x-request-id"],
  ).not.toBe("forged");
});

test("an error that nobody foresaw tells the client nothing", async () => {
  const broken = await startGateway("http://127.0.0.1:9/mcp", {
    settings: () => {
      throw new Error("secret detail");
    },
  });
  const answer = await post(broken, "token-x", { body: {} });
  await broken.close();
  expect(answer.status).toBe(500);
  expect(answer.body.error).toEqual({
    code: -32603,
    message: "Something went wrong in the gateway. It was logged.",
    data: { code: "INTERNAL", reason: "Something went wrong in the gateway. It was logged." },
  });
});
