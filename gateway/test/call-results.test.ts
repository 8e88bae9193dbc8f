/** What became of each call is on record: one result for each decision that let one through, none for any other. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { resultId } from "../src/audit/result-id.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

const alice = "alice@example.com";
type Handler = (request: IncomingMessage, response: ServerResponse) => void;
let handle: Handler = () => undefined;
let arrived = 0;
let raw: Awaited<ReturnType<typeof listen>>;
let gateway: GatewayFixture;
let token = "";

const json = { "content-type": "application/json" };
const answerOf = (id: number) => JSON.stringify({ jsonrpc: "2.0", id, result: { content: [] } });

beforeAll(async () => {
  raw = await listen((request, response) => {
    arrived += 1;
    request.resume();
    request.once("end", () => handle(request, response));
  });
  gateway = await startGateway(raw.url);
});
afterAll(async () => {
  await gateway.close();
  await raw.close();
});
beforeEach(() => {
  arrived = 0;
  handle = (_request, response) => response.writeHead(200, json).end(answerOf(1));
  gateway.provision();
  gateway.world.auditFails = false;
  for (const records of [gateway.world.audit, gateway.world.requests, gateway.world.results]) records.length = 0;
  gateway.world.ceilings.set(alice, "high");
  token = `token-${gateway.connect(alice, "client-a", "high").id}`;
});

const calls = ["list_issues", "create_issue"] as const;
const results = async (count: number) => {
  await expect.poll(() => gateway.world.results.length).toBe(count);
  // Nothing comes after it.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(gateway.world.results).toHaveLength(count);
  return gateway.world.results;
};

describe.each(calls)("%s", (tool) => {
  const call = toolCall(tool, { note: "é" });

  test("an answer: status, sizes and time, under the id of the decision", async () => {
    await post(gateway, token, call);
    const [result] = await results(1);
    const [decision] = gateway.world.audit;
    expect(result).toMatchObject({
      ...{ id: resultId(decision?.id ?? ""), callId: decision?.id, event: "call_result", tool, method: null },
      ...{ outcome: "answered", code: "ANSWERED", upstreamStatus: 200, requestId: decision?.requestId },
      ...{ human: alice, server: "issues", agent: decision?.agent, grantId: decision?.grantId },
      requestBytes: Buffer.byteLength(JSON.stringify(call.body)),
      responseBytes: answerOf(1).length,
      clientAddress: "127.0.0.1",
    });
    expect(result?.durationMs).toBeGreaterThanOrEqual(0);
    expect(decision).toMatchObject({ consent: "high", ceiling: "high" });
  });

  test("a stream of events counts to its end", async () => {
    const event = `event: message\ndata: ${answerOf(1)}\n\n`;
    handle = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": begins\n\n");
      setTimeout(() => response.end(event), 50);
    };
    await post(gateway, token, call);
    const [result] = await results(1);
    expect(result).toMatchObject({ outcome: "answered", responseBytes: event.length + 10 });
    expect(result?.durationMs).toBeGreaterThanOrEqual(45);
  });

  test("what is passed on of a failing server, and what is not", async () => {
    handle = (_request, response) => response.writeHead(400, json).end(answerOf(1));
    await post(gateway, token, call);
    expect((await results(1))[0]).toMatchObject({ outcome: "failed", code: "UPSTREAM_STATUS", upstreamStatus: 400 });
    gateway.world.results.length = 0;
    handle = (_request, response) => response.writeHead(500, { "content-type": "text/html" }).end("down");
    await post(gateway, token, call);
    expect((await results(1))[0]).toMatchObject({
      outcome: "failed",
      code: "UPSTREAM_UNAVAILABLE",
      upstreamStatus: 500,
    });
  });

  test("a server that breaks off, before or within its answer", async () => {
    handle = (request) => request.socket.destroy();
    await post(gateway, token, call);
    expect((await results(1))[0]).toMatchObject({
      outcome: "failed",
      code: "UPSTREAM_UNAVAILABLE",
      upstreamStatus: null,
    });
    gateway.world.results.length = 0;
    handle = (request, response) => {
      response.writeHead(200, json).write(answerOf(1).slice(0, 10));
      setTimeout(() => request.socket.destroy(), 20);
    };
    await post(gateway, token, call);
    expect((await results(1))[0]).toMatchObject({ outcome: "failed", upstreamStatus: 200, responseBytes: 10 });
  });

  test("a server that takes longer than the policy gives it", async () => {
    gateway.provision({ server: { timeout_seconds: 1 } });
    handle = () => undefined;
    expect((await post(gateway, token, call)).text).toContain("UPSTREAM_TIMEOUT");
    expect((await results(1))[0]).toMatchObject({ outcome: "failed", code: "UPSTREAM_TIMEOUT" });
  });

  test.each(["before the answer", "within a stream"])("a client that goes away %s", async (when) => {
    const gone = new AbortController();
    handle = (_request, response) => {
      if (when === "within a stream") response.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n");
      setTimeout(() => gone.abort(), 20);
    };
    const asked = fetch(`${gateway.url}/mcp/issues`, {
      method: "POST",
      headers: {
        ...{ ...json, ...call.headers, accept: "application/json, text/event-stream" },
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify(call.body),
      signal: gone.signal,
    });
    await asked.then((answer) => answer.text()).catch(() => undefined);
    expect((await results(1))[0]).toMatchObject({ outcome: "cancelled", code: "CANCELLED" });
  });

  test("a call that was refused has none; one whose record can't be written is not made", async () => {
    gateway.world.ceilings.delete(alice);
    await post(gateway, token, call);
    expect(await results(0)).toEqual([]);
    expect([arrived, gateway.world.audit.map(({ decision }) => decision)]).toEqual([0, ["deny"]]);
    gateway.world.ceilings.set(alice, "high");
    gateway.world.auditFails = true;
    expect((await post(gateway, token, call)).text).toContain("AUDIT_UNAVAILABLE");
    expect(await results(0)).toEqual([]);
  });
});

test("a batch: one for each", async () => {
  handle = (_request, response) => response.writeHead(200, json).end(answerOf(1));
  const body = ["list_issues", "create_issue", "hidden_tool"].map((name, id) => ({
    ...{ jsonrpc: "2.0", id, method: "tools/call" },
    params: { name, arguments: {} },
  }));
  await post(gateway, token, { headers: { "mcp-protocol-version": "2025-03-26" }, body });
  const told = await results(2);
  const allowed = gateway.world.audit.filter(({ decision }) => decision === "allow");
  expect(new Set(told.map(({ callId }) => callId))).toEqual(new Set(allowed.map(({ id }) => id)));
  expect(gateway.world.audit).toHaveLength(3);
});

test("a request for something else has one too", async () => {
  await post(gateway, token, rpc("resources/list"));
  expect((await results(1))[0]).toMatchObject({ tool: null, method: "resources/list", outcome: "answered" });
});

describe("whatever a known agent is refused is on record", () => {
  const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
  const unknown = { ...json, "mcp-session-id": "x" };
  test.each<[string, Record<string, string>, unknown, string | null, string]>([
    ["no JSON", json, "{", null, "BODY_NOT_JSON"],
    ["no JSON-RPC", json, { jsonrpc: "1.0", id: 1, method: "ping" }, null, "MESSAGE_INVALID"],
    ["another type", { "content-type": "text/plain" }, "{}", null, "MESSAGE_INVALID"],
    ["a method that is not passed on", json, { ...ping, method: "tasks/get" }, "tasks/get", "METHOD_NOT_ALLOWED"],
    ["a session of nobody", unknown, ping, "ping", "SESSION_UNKNOWN"],
  ])("%s", async (_what, headers, body, method, code) => {
    await post(gateway, token, { headers, body });
    expect(gateway.world.requests).toMatchObject([{ event: "request", decision: "deny", method, code, human: alice }]);
    expect([arrived, gateway.world.audit.length, gateway.world.results.length]).toEqual([0, 0, 0]);
  });

  test("a stream of nobody", async () => {
    const headers = { ...unknown, accept: "text/event-stream", authorization: `Bearer ${token}` };
    await fetch(`${gateway.url}/mcp/issues`, { headers });
    expect(gateway.world.requests).toMatchObject([{ decision: "deny", method: "GET", code: "SESSION_UNKNOWN" }]);
    expect(arrived).toBe(0);
  });

  test("nothing of somebody without a token", async () => {
    await fetch(`${gateway.url}/mcp/issues`, { method: "POST", headers: json, body: "{" });
    expect(gateway.world.requests).toEqual([]);
  });
});
