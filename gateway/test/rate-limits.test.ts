/** How often one address may ask, as the host's policy says it at the time. */
import type { HostAttributes } from "@permit-mcp-gateway/policies";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GatewayError } from "../src/errors.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, toolCall } from "./mcp-requests.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

const alice = "alice@example.com";
const limited = { error: "rate_limited", message: "Too many requests. Wait a moment and try again." };
let upstream: UpstreamFixture;
let gateway: GatewayFixture;

beforeEach(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(upstream.url);
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

const provision = (limits: HostAttributes["rate_limits"]) => gateway.provision({ host: { rate_limits: limits } });
const twice = { max: 2, windowSeconds: 60 };
const request = async (
  method: "GET" | "POST" | "DELETE" | "PUT",
  url: string,
  headers: Record<string, string> = {},
) => {
  const answer = await gateway.app.inject({ method, url, headers: { host: new URL(gateway.url).host, ...headers } });
  return answer.statusCode;
};

test("POST to the MCP endpoint: the body, the wait, and nothing upstream", async () => {
  provision({ mcp: twice });
  gateway.world.ceilings.set(alice, "high");
  const token = `token-${gateway.connect(alice, "client-a", "high").id}`;
  const call = () => post(gateway, token, toolCall("list_issues"));
  expect([(await call()).status, (await call()).status]).toEqual([200, 200]);
  gateway.world.now = new Date(gateway.world.now.getTime() + 15_000);
  const refused = await call();
  expect([refused.status, refused.headers.get("retry-after"), refused.body]).toEqual([429, "45", limited]);
  expect(upstream.ran).toEqual(["list_issues", "list_issues"]);
  // Refused before anybody is known: no decision, no record.
  expect(gateway.world.audit.length).toBe(2);
  expect(await request("POST", "/mcp/other")).toBe(429);
  // A header that anybody can send is not the address.
  expect(await request("POST", "/mcp/issues", { "x-forwarded-for": "203.0.113.9" })).toBe(429);
  // Streams and pages are counted by other rules.
  expect(await request("GET", "/mcp/issues")).toBe(401);

  gateway.world.now = new Date(gateway.world.now.getTime() + 45_000);
  expect((await call()).status).toBe(200);
});

test("writes, whatever they write to, and not reads", async () => {
  provision({ writes: twice });
  expect([await request("POST", "/mcp/issues"), await request("DELETE", "/mcp/issues")]).toEqual([401, 401]);
  for (const url of ["/mcp/issues", "/nothing", "/api/consent"]) expect(await request("POST", url)).toBe(429);
  expect(await request("PUT", "/nothing")).toBe(429);
  expect([await request("GET", "/"), await request("GET", "/mcp/issues")]).toEqual([200, 401]);
});

test("all, also what does not exist, but not the questions of a load balancer", async () => {
  provision({ all: twice });
  expect([await request("GET", "/"), await request("POST", "/nothing")]).toEqual([200, 404]);
  for (const url of ["/", "/mcp/issues", "/nothing", "/assets/page.js"]) expect(await request("GET", url)).toBe(429);
  expect([await request("GET", "/healthz"), await request("GET", "/readyz")]).toEqual([200, 200]);
});

test("a changed limit holds at the next request, also for a window that is open", async () => {
  provision({ all: twice });
  expect([await request("GET", "/"), await request("GET", "/"), await request("GET", "/")]).toEqual([200, 200, 429]);
  provision({ all: { max: 4, windowSeconds: 60 } });
  expect([await request("GET", "/"), await request("GET", "/")]).toEqual([200, 429]);
  gateway.provision();
  expect(await request("GET", "/")).toBe(200);
});

test("the defaults hold without a policy, too", async () => {
  await gateway.close();
  gateway = await startGateway(upstream.url, {
    settings: () => {
      throw new GatewayError("POLICY_UNAVAILABLE");
    },
  });
  const statuses = new Map<number, number>();
  for (let i = 0; i < 1001; i += 1) {
    const status = await request("POST", "/mcp/issues");
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect(Object.fromEntries(statuses)).toEqual({ 429: 1, 503: 1000 });
});
