/** `tools/call` through HTTP with real clients and a real upstream: what passes, what is denied, what is recorded. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as LegacyTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, toolCall } from "./mcp-requests.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

const alice = "alice@example.com";
const bob = "bob@example.com";
let upstream: UpstreamFixture;
let gateway: GatewayFixture;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(upstream.url);
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.ran.length = 0;
  upstream.requests.length = 0;
  const { world } = gateway;
  for (const map of [world.grants, world.ceilings, world.consents]) map.clear();
  world.audit.length = 0;
  world.asked.length = 0;
  Object.assign(world, { auditFails: false, auditHolds: undefined });
  Object.assign(world, { decisionsFail: false, factsFail: false, storeFails: false });
  world.now = new Date("2026-11-24T12:00:00Z");
});

describe.each(["2026-07-28", "2025-11-25", "sdk 1.x"])("a real client, %s", (era) => {
  async function connect(token: string) {
    const url = new URL(`${gateway.url}/mcp/issues`);
    const options = { requestInit: { headers: { authorization: `Bearer ${token}` } } };
    if (era === "sdk 1.x") {
      const client = new LegacyClient({ name: "test", version: "1" });
      await client.connect(new LegacyTransport(url, options) as Parameters<LegacyClient["connect"]>[0]);
      return client;
    }
    const mode = era === "2026-07-28" ? { pin: era } : ("legacy" as const);
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(url, options));
    return client;
  }

  test("lists what it may call, calls it, and is denied the rest before the upstream hears of it", async () => {
    gateway.world.ceilings.set(alice, "high");
    const grant = gateway.connect(alice, "client-a", "medium");
    const client = await connect(`token-${grant.id}`);

    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(["list_issues", "create_issue"]);

    const result = await client.callTool({ name: "create_issue", arguments: { note: "hello" } });
    expect(result.content).toEqual([{ type: "text", text: '{"name":"create_issue","note":"hello"}' }]);

    await expect(client.callTool({ name: "delete_issue", arguments: {} })).rejects.toMatchObject({
      code: -32004,
      data: { code: "CONSENT_TOO_LOW", server: "issues", tool: "delete_issue" },
    });
    await client.close();

    expect(upstream.ran).toEqual(["create_issue"]);
    expect(gateway.world.audit).toMatchObject([
      { decision: "allow", code: "ALLOWED", tool: "create_issue", trust: "medium", human: alice, server: "issues" },
      {
        decision: "deny",
        code: "CONSENT_TOO_LOW",
        tool: "delete_issue",
        trust: "high",
        human: alice,
        server: "issues",
      },
    ]);
    expect(gateway.world.audit[0]?.agent).toEqual({ clientId: "client-a", name: "Client client-a", version: "1" });
  });
});

test("the body of a denial, and the reason for each link of the chain", async () => {
  const grant = gateway.connect(alice, "client-a", "low");
  const ask = () => post(gateway, `token-${grant.id}`, toolCall("create_issue", {}, "call-7"));

  expect((await ask()).body.error?.data.code).toBe("NO_GRANT");
  gateway.world.ceilings.set(alice, "low");
  const denied = await ask();
  expect(denied.status).toBe(200);
  expect(denied.body).toEqual({
    jsonrpc: "2.0",
    id: "call-7",
    error: {
      code: -32004,
      message: "Permission denied",
      data: {
        code: "CEILING_TOO_LOW",
        reason:
          '"create_issue" needs trust medium on "issues", and the ceiling an admin set for you there is low. Ask an admin to raise it.',
        server: "issues",
        tool: "create_issue",
      },
    },
  });
  gateway.world.ceilings.set(alice, "high");
  expect((await ask()).body.error?.data).toMatchObject({
    code: "CONSENT_TOO_LOW",
    reason:
      '"create_issue" needs trust medium on "issues", and this agent has your consent for low only. Connect it again to consent to medium.',
  });
  gateway.world.factsFail = true;
  expect((await ask()).body.error?.data.code).toBe("NO_PERMISSION");
  expect(upstream.requests).toEqual([]);
  expect(gateway.world.audit.map((record) => record.code)).toEqual([
    "NO_GRANT",
    "CEILING_TOO_LOW",
    "CONSENT_TOO_LOW",
    "NO_PERMISSION",
  ]);
});

test("a lowered ceiling holds on the next call", async () => {
  gateway.world.ceilings.set(alice, "high");
  const grant = gateway.connect(alice, "client-a", "high");
  expect((await post(gateway, `token-${grant.id}`, toolCall("delete_issue"))).body.result).toBeDefined();
  gateway.world.ceilings.set(alice, "medium");
  expect((await post(gateway, `token-${grant.id}`, toolCall("delete_issue"))).body.error?.code).toBe(-32004);
  expect(upstream.ran).toEqual(["delete_issue"]);
});

test("what Bob granted a client never serves Alice with the same client", async () => {
  gateway.world.ceilings.set(alice, "high").set(bob, "high");
  const aliceGrant = gateway.connect(alice, "shared-client", "low");
  const bobGrant = gateway.connect(bob, "shared-client", "high");
  expect((await post(gateway, `token-${bobGrant.id}`, toolCall("delete_issue"))).body.result).toBeDefined();
  expect((await post(gateway, `token-${aliceGrant.id}`, toolCall("delete_issue"))).body.error?.code).toBe(-32004);
  expect(upstream.ran).toEqual(["delete_issue"]);
  expect(gateway.world.audit.map(({ human, decision }) => `${human} ${decision}`)).toEqual([
    `${bob} allow`,
    `${alice} deny`,
  ]);
});

describe("a consent that has ended", () => {
  test.each([
    ["revoked", "GRANT_REVOKED", () => ({ revokedAt: gateway.world.now })],
    ["past its end", "GRANT_EXPIRED", () => ({ expiresAt: gateway.world.now })],
    ["unused for 30 days", "GRANT_EXPIRED", () => ({ lastUsedAt: new Date("2026-10-25T12:00:00Z") })],
  ])("%s: 401 with a challenge, one record, nothing upstream", async (_name, code, change) => {
    gateway.world.ceilings.set(alice, "high");
    const grant = gateway.connect(alice, "client-a", "high");
    gateway.world.grants.set(grant.id, { ...grant, ...change() });
    const answer = await post(gateway, `token-${grant.id}`, toolCall("list_issues"));
    expect(answer.status).toBe(401);
    expect(answer.body.error?.data.code).toBe(code);
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit).toMatchObject([{ decision: "deny", code, tool: "list_issues", human: alice }]);
    const listed = await post(gateway, `token-${grant.id}`, { body: { jsonrpc: "2.0", id: 2, method: "tools/list" } });
    expect(listed.status).toBe(401);
  });

  test("29 days without use are fine, and the use is noted", async () => {
    gateway.world.ceilings.set(alice, "high");
    const grant = gateway.connect(alice, "client-a", "high");
    gateway.world.now = new Date("2026-12-23T12:00:00Z");
    expect((await post(gateway, `token-${grant.id}`, toolCall("list_issues"))).body.result).toBeDefined();
    expect(gateway.world.grants.get(grant.id)?.lastUsedAt).toEqual(gateway.world.now);
  });
});

describe("fail closed", () => {
  test.each([
    ["auditFails", "create_issue", "AUDIT_UNAVAILABLE", 200, 0],
    ["decisionsFail", "list_issues", "DECISION_UNAVAILABLE", 200, 1],
    ["storeFails", "list_issues", "STORE_UNAVAILABLE", 503, 0],
  ] as const)("%s for %s: %s, nothing upstream", async (fault, tool, code, status, recorded) => {
    gateway.world.ceilings.set(alice, "high");
    const grant = gateway.connect(alice, "client-a", "high");
    gateway.world[fault] = true;
    const answer = await post(gateway, `token-${grant.id}`, toolCall(tool));
    expect(answer.status).toBe(status);
    expect(answer.body.error?.data.code).toBe(code);
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit).toHaveLength(recorded);
  });

  test("auditFails for list_issues, which only reads: AUDIT_UNAVAILABLE, and nothing of what the upstream has answered", async () => {
    gateway.world.ceilings.set(alice, "high");
    const grant = gateway.connect(alice, "client-a", "high");
    gateway.world.auditFails = true;
    const answer = await post(gateway, `token-${grant.id}`, toolCall("list_issues"));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ jsonrpc: "2.0", id: 1, error: expect.objectContaining({ code: -32603 }) });
    expect(answer.body.error?.data.code).toBe("AUDIT_UNAVAILABLE");
    expect(gateway.world.audit).toEqual([]);
    // The client was told without waiting for it.
    await expect.poll(() => upstream.ran).toEqual(["list_issues"]);
  });

  test.each([
    ["create_issue", []],
    ["list_issues", ["list_issues"]],
  ])("while the record of %s is not durable the client has no answer; upstream ran: %j", async (tool, ran) => {
    gateway.world.ceilings.set(alice, "high");
    const grant = gateway.connect(alice, "client-a", "high");
    const { promise, resolve: store } = Promise.withResolvers<void>();
    gateway.world.auditHolds = promise;
    const answered = vi.fn();
    const answer = post(gateway, `token-${grant.id}`, toolCall(tool)).finally(answered);
    await expect.poll(() => gateway.world.audit.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = [answered.mock.calls.length, [...upstream.ran]];
    store();
    expect(before).toEqual([0, ran]);
    expect((await answer).body.result).toBeDefined();
    expect(upstream.ran).toEqual([tool]);
  });

  test("a denial that can't be recorded says so instead", async () => {
    const grant = gateway.connect(alice, "client-a", "high");
    gateway.world.auditFails = true;
    const answer = await post(gateway, `token-${grant.id}`, toolCall("list_issues"));
    expect(answer.body.error?.data.code).toBe("AUDIT_UNAVAILABLE");
  });

  test("without a policy nothing passes", async () => {
    const { GatewayError } = await import("../src/errors.ts");
    const blind = await startGateway(upstream.url, {
      settings: () => {
        throw new GatewayError("POLICY_UNAVAILABLE");
      },
    });
    const answer = await post(blind, "token-grant-1", toolCall("list_issues"));
    expect([answer.status, answer.body.error?.data.code]).toEqual([503, "POLICY_UNAVAILABLE"]);
    await blind.close();
    expect(upstream.requests).toEqual([]);
  });
});
