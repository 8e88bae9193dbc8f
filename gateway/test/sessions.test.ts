/** Sessions of the revisions 2025-03-26 to 2025-11-25: theirs alone, on any replica. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createSessionSeal } from "../src/mcp/session-seal.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post } from "./mcp-requests.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

const alice = "alice@example.com";
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
  gateway.world.ceilings.set(alice, "high").set("bob@example.com", "high");
});

const initialize = {
  body: {
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
  },
};
const list = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "list_issues", arguments: {} } };

async function openSession(token: string): Promise<string> {
  const answer = await post(gateway, token, initialize);
  expect(answer.status).toBe(200);
  return answer.headers.get("mcp-session-id") ?? "";
}

test("the client sees one sealed id, the upstream its own", async () => {
  const token = `token-${gateway.connect(alice, "client-a", "low").id}`;
  const sealed = await openSession(token);
  const answer = await post(gateway, token, { headers: { "mcp-session-id": sealed }, body: list });
  expect(answer.text).toContain("list_issues");
  expect(answer.headers.get("mcp-session-id")).toBe(sealed);
  const seen = upstream.requests.at(-1)?.headers["mcp-session-id"];
  expect(seen).toMatch(/^[0-9a-f-]{36}$/);
  expect(sealed).not.toContain(seen);
  expect(Buffer.from(sealed, "base64url").toString("latin1")).not.toContain(seen);
});

test("a stolen session is refused before the upstream hears of it: POST, GET and DELETE", async () => {
  const sealed = await openSession(`token-${gateway.connect(alice, "client-a", "low").id}`);
  const thieves = [gateway.connect("bob@example.com", "client-a", "high"), gateway.connect(alice, "client-b", "high")];
  for (const thief of thieves) {
    upstream.requests.length = 0;
    const answer = await post(gateway, `token-${thief.id}`, { headers: { "mcp-session-id": sealed }, body: list });
    expect([answer.status, answer.body.error?.data.code]).toEqual([404, "SESSION_UNKNOWN"]);
    for (const method of ["GET", "DELETE"]) {
      const response = await fetch(`${gateway.url}/mcp/issues`, {
        method,
        headers: { authorization: `Bearer token-${thief.id}`, "mcp-session-id": sealed, accept: "text/event-stream" },
      });
      expect(response.status).toBe(404);
      await response.body?.cancel();
    }
    expect(upstream.requests).toEqual([]);
  }
  expect(gateway.world.audit.filter((record) => record.code === "SESSION_UNKNOWN")).toHaveLength(2);
});

test("the upstream's own id, a changed one and a guessed one are not accepted", async () => {
  const token = `token-${gateway.connect(alice, "client-a", "low").id}`;
  const sealed = await openSession(token);
  await post(gateway, token, { headers: { "mcp-session-id": sealed }, body: list });
  const own = String(upstream.requests.at(-1)?.headers["mcp-session-id"]);
  upstream.requests.length = 0;
  const flipped = `${sealed.startsWith("A") ? "B" : "A"}${sealed.slice(1)}`;
  for (const id of [own, flipped, `${sealed}A`, sealed.slice(0, -2), "x", `${sealed}=`, `${sealed}, ${sealed}`]) {
    expect((await post(gateway, token, { headers: { "mcp-session-id": id }, body: list })).status).toBe(404);
  }
  expect(upstream.requests).toEqual([]);
});

test("a new consent of the same agent keeps the session", async () => {
  const sealed = await openSession(`token-${gateway.connect(alice, "client-a", "low").id}`);
  const renewed = gateway.connect(alice, "client-a", "medium");
  const answer = await post(gateway, `token-${renewed.id}`, { headers: { "mcp-session-id": sealed }, body: list });
  expect(answer.status).toBe(200);
});

test("a session that the upstream has forgotten is a 404, so that the client initializes anew", async () => {
  const grant = gateway.connect(alice, "client-a", "low");
  const sealed = createSessionSeal(gateway.config.authSecret).seal({ id: "forgotten" }, { ...grant, server: "issues" });
  const answer = await post(gateway, `token-${grant.id}`, { headers: { "mcp-session-id": sealed }, body: list });
  expect(answer.status).toBe(404);
});

test("sdk 1.x: the stream of server messages opens, and the session can be ended", async () => {
  const grant = gateway.connect(alice, "client-a", "low");
  const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp/issues`), {
    requestInit: { headers: { authorization: `Bearer token-${grant.id}` } },
  });
  const client = new Client({ name: "test", version: "1" });
  upstream.requests.length = 0;
  gateway.world.sessions.length = 0;
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  await expect.poll(() => upstream.requests.map((request) => request.method)).toContain("GET");
  await transport.terminateSession();
  expect(upstream.requests.at(-1)?.method).toBe("DELETE");
  await client.close();
  expect(gateway.world.sessions).toMatchObject([
    { event: "session_opened", server: "issues", human: alice, agent: { version: "1" }, grantId: grant.id },
    { event: "session_ended", server: "issues", human: alice, agent: { version: "1" }, protocolVersion: null },
  ]);
});

test("two secrets, two seals; the same seal for the same session", () => {
  const owner = { clientId: "c", email: alice, server: "issues" };
  const seal = createSessionSeal("a".repeat(32));
  const session = { id: "id", clientVersion: "1.0 beta" };
  expect(seal.seal(session, owner)).toBe(seal.seal(session, owner));
  expect(seal.open(seal.seal(session, owner), owner)).toEqual(session);
  expect(seal.open(seal.seal({ id: "id" }, owner), owner)).toEqual({ id: "id" });
  expect(createSessionSeal("b".repeat(32)).open(seal.seal(session, owner), owner)).toBeUndefined();
  // The parts of the owner can't be shifted into each other.
  expect(seal.open(seal.seal(session, { ...owner, clientId: "ca" }), { ...owner, email: `a${alice}` })).toBeUndefined();
});
