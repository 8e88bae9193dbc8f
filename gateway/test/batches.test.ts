/** Batches of revision 2025-03-26 are no way around a decision: each call is decided on, recorded and sent by itself. */
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { alice, gateway, prepareAttackedGateway, token, upstream } from "./attacked-gateway.ts";
import { startGateway } from "./gateway-fixture.ts";
import { post } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

prepareAttackedGateway();

const call = (name: string, id: number | string) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: {} },
});
const initialized = { jsonrpc: "2.0", method: "notifications/initialized" };

async function openSession(): Promise<Record<string, string>> {
  const params = { protocolVersion: "2025-03-26", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const answer = await post(gateway, token, { body: { jsonrpc: "2.0", id: 0, method: "initialize", params } });
  return { "mcp-session-id": answer.headers.get("mcp-session-id") ?? "" };
}

/** The messages of an answer, streamed or not, by id. */
function byId({
  text,
  headers,
}: {
  text: string;
  headers: Headers;
}): Record<string, { result?: object; error?: object }> {
  const streamed = headers.get("content-type") === "text/event-stream";
  const datas = text.split("\n").filter((line) => line.startsWith("data: {"));
  const messages = streamed ? datas.map((line) => JSON.parse(line.slice(6)) as object) : (JSON.parse(text) as object[]);
  return Object.fromEntries(messages.map((message) => [String((message as { id: unknown }).id), message]));
}

test("a batch with one forbidden call: it does not run, the others do, answers keep their ids", async () => {
  const headers = await openSession();
  const body = [call("list_issues", 7), call("delete_issue", "seven"), initialized, call("hidden_tool", 8)];
  const answer = await post(gateway, token, { headers, body });
  expect(answer.status).toBe(200);
  const answers = byId(answer);
  expect(Object.keys(answers).toSorted()).toEqual(["7", "8", "seven"]);
  expect(answers["7"]?.result).toBeDefined();
  expect(answers.seven?.error).toMatchObject({ code: -32004, data: { code: "CONSENT_TOO_LOW", tool: "delete_issue" } });
  expect(answers["8"]?.error).toMatchObject({ code: -32004, data: { code: "TOOL_UNKNOWN" } });
  expect(upstream.ran).toEqual(["list_issues"]);
  expect(gateway.world.audit.map(({ tool, decision }) => `${tool} ${decision}`).toSorted()).toEqual([
    "delete_issue deny",
    "hidden_tool deny",
    "list_issues allow",
  ]);
});

test("a batch of forbidden calls is an array, and the upstream hears nothing", async () => {
  const headers = await openSession();
  upstream.requests.length = 0;
  const answer = await post(gateway, token, { headers, body: [call("delete_issue", 1), call("create_issue", 2)] });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(Object.keys(byId(answer))).toEqual(["1", "2"]);
  expect(upstream.requests).toEqual([]);
  expect(gateway.world.audit).toHaveLength(2);
});

test("a batch of notifications is accepted", async () => {
  const answer = await post(gateway, token, { headers: await openSession(), body: [initialized, initialized] });
  expect([answer.status, answer.text]).toEqual([202, ""]);
});

test("what refuses all of them is the status: a revoked agent signs in again, a lost session is opened anew", async () => {
  const headers = await openSession();
  const lost = await post(gateway, token, { headers: { "mcp-session-id": "x" }, body: [call("list_issues", 1)] });
  expect(lost.status).toBe(404);
  const grant = gateway.world.grants.get(token.replace("token-", ""));
  if (grant !== undefined) gateway.world.grants.set(grant.id, { ...grant, revokedAt: gateway.world.now });
  const answer = await post(gateway, token, { headers, body: [call("list_issues", 1), call("list_issues", 2)] });
  expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, expect.stringContaining("Bearer")]);
  expect(upstream.ran).toEqual([]);
  expect(gateway.world.audit.map(({ code }) => code)).toEqual(["SESSION_UNKNOWN", "GRANT_REVOKED", "GRANT_REVOKED"]);
});

describe("refused whole, before any of its calls", () => {
  const ping = { jsonrpc: "2.0", id: 9, method: "ping" };
  test.each<[string, unknown[], Record<string, string>]>([
    ["in a later revision", [call("list_issues", 1)], { "mcp-protocol-version": "2025-06-18" }],
    ["with the same id twice", [call("list_issues", 1), call("delete_issue", 1)], {}],
    ["with initialize", [call("list_issues", 1), { ...ping, method: "initialize" }], {}],
    ["with a subscription", [call("list_issues", 1), { ...ping, method: "subscriptions/listen" }], {}],
    ["in a batch", [call("list_issues", 1), [call("delete_issue", 2)]], {}],
    ["with what is no message", [call("list_issues", 1), 5], {}],
    ["of too many", Array.from({ length: 21 }, (_, id) => call("list_issues", id)), {}],
  ])("%s", async (_what, body, headers) => {
    const answer = await post(gateway, token, { headers: { ...(await openSession()), ...headers }, body });
    expect([answer.status, answer.body.error?.data.code]).toEqual([400, "MESSAGE_INVALID"]);
    expect(upstream.ran).toEqual([]);
    expect(gateway.world.audit).toEqual([]);
  });
});

test("an upstream that answers one by a stream and fails the other: each gets its answer", async () => {
  const broken = await listen((request, response: ServerResponse) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on("end", () => {
      const { id } = JSON.parse(text) as { id: number };
      if (id === 2) return void response.writeHead(500).end();
      if (id === 3) return void response.writeHead(200, { "content-type": "text/event-stream" }).end('data: {"a');
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`id: e\nevent: message\ndata: {"jsonrpc":"2.0","id":${id},"result":{}}\n\n`);
    });
  });
  const direct = await startGateway(broken.url);
  direct.world.ceilings.set(alice, "high");
  const grant = direct.connect(alice, "client-a", "low");
  const body = [call("list_issues", 1), call("list_issues", 2), call("list_issues", 3)];
  const answer = await post(direct, `token-${grant.id}`, { body });
  await direct.close();
  await broken.close();
  const answers = byId(answer);
  expect(answers["1"]?.result).toEqual({});
  expect(answers["2"]?.error).toMatchObject({ data: { code: "UPSTREAM_UNAVAILABLE" } });
  expect(direct.world.audit).toHaveLength(3);
});
