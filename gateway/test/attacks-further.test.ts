/** Attacks on one server's MCP path from agents and from upstreams: other ways to write a request, clients that leave, answers that are none. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { toolDigest } from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { alice, gateway, prepareAttackedGateway, token, upstream } from "./attacked-gateway.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, toolCall } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

prepareAttackedGateway();
beforeEach(() => {
  gateway.world.requests.length = 0;
});

const { headers: protocol, body: message } = toolCall("list_issues");
const call = JSON.stringify(message);

/** A whole request as bytes, with the token and the headers of a conforming call that is allowed. */
function bytesOf(
  to: GatewayFixture,
  bearer: string,
  line: string,
  further: readonly string[] = [],
  body = call,
): string {
  const mirrored = Object.entries(protocol).map(([name, value]) => `${name}: ${value}`);
  const fields = [
    ...[line, `host: ${new URL(to.url).host}`, `authorization: Bearer ${bearer}`, "content-type: application/json"],
    ...[...mirrored, ...further, `content-length: ${Buffer.byteLength(body)}`],
  ];
  return `${fields.join("\r\n")}\r\n\r\n${body}`;
}

function open(to: GatewayFixture, bytes: string): Socket {
  const socket = connect(Number(new URL(to.url).port), "127.0.0.1").on("error", () => undefined);
  socket.write(bytes, "latin1");
  return socket;
}

/** Sends the bytes; the beginning of the answer, empty when the connection was closed without one. */
async function statusOf(bytes: string): Promise<string> {
  const socket = open(gateway, bytes);
  const [first] = (await Promise.race([once(socket, "data"), once(socket, "close")])) as [unknown];
  socket.destroy();
  return Buffer.isBuffer(first) ? first.toString("latin1", 9, 12) : "";
}

describe("an address or method that only looks like that of a call", () => {
  const paths = ["/mcp/../mcp/issues", "/mcp/%2e%2e/mcp/issues", "/mcp/./issues", "//mcp/issues", "/mcp//issues"];
  const others = ["/mcp/issues/", "/mcp%2fissues", "/MCP/issues", "/mcp/ISSUES", "/mcp/issues%00", "/mcp/issues%2f"];
  const strange = ["/mcp/issues%20", "/mcp/issues;x=1", "/mcp/issues\\", "/mcp/__proto__", "/mcp/constructor", "*"];
  test.each<[string, string]>([
    ...[...paths, ...others, ...strange].map((path): [string, string] => [`POST ${path}`, "404"]),
    ...["POST /mcp/%zz", "POST mcp/issues", "POST /mcp/\xff", "post /mcp/issues"].map((line): [string, string] => [
      line,
      "400",
    ]),
    // What is encoded needlessly is the same address, so it is the server's own token that counts.
    ...["POST /mcp/%6fther", "POST /mcp"].map((line): [string, string] => [line, "401"]),
    ...["HEAD", "PUT", "PATCH", "TRACE", "QUERY"].map((method): [string, string] => [`${method} /mcp/issues`, "404"]),
    ["CONNECT /mcp/issues", ""],
    ["PRI *", "400"],
  ])("%s", async (line, status) => {
    expect(await statusOf(bytesOf(gateway, token, `${line} HTTP/1.1`))).toBe(status);
    expect([upstream.requests, gateway.world.audit, gateway.world.requests]).toEqual([[], [], []]);
  });

  test("a method that another header names does not make a call of a GET", async () => {
    const override = ["x-http-method-override: POST", "x-method-override: POST"];
    await statusOf(bytesOf(gateway, token, "GET /mcp/issues HTTP/1.1", override));
    expect([upstream.ran, upstream.requests.map(({ method }) => method)]).toEqual([[], ["GET"]]);
  });
});

test.each([
  ["WebSocket", ["connection: upgrade", "upgrade: websocket", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="]],
  ["h2c", ["connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABkAARAAAAAAAIAAAAA"]],
])("an upgrade to %s does not happen: the call is decided on like any other", async (_what, fields) => {
  expect(await statusOf(bytesOf(gateway, token, "POST /mcp/issues HTTP/1.1", fields))).toBe("200");
  expect(gateway.world.audit).toMatchObject([{ decision: "allow", tool: "list_issues" }]);
  const forbidden = JSON.stringify(toolCall("delete_issue").body);
  const mirrored = bytesOf(gateway, token, "POST /mcp/issues HTTP/1.1", fields, forbidden);
  await statusOf(mirrored.replace("mcp-name: list_issues", "mcp-name: delete_issue"));
  expect(gateway.world.audit.map(({ decision }) => decision)).toEqual(["allow", "deny"]);
  expect(upstream.ran).toEqual(["list_issues"]);
});

test("what comes in trailers is no header", async () => {
  const [head = ""] = bytesOf(gateway, token, "POST /mcp/issues HTTP/1.1", ["trailer: mcp-name"]).split("\r\n\r\n");
  const trailers = "mcp-name: delete_issue\r\nmcp-param-region: eu\r\nmcp-session-id: x\r\nauthorization: Bearer x";
  const chunks = `${call.length.toString(16)}\r\n${call}\r\n0\r\n${trailers}\r\n\r\n`;
  const chunked = head.replace(/content-length: \d+/, "transfer-encoding: chunked");
  expect(await statusOf(`${chunked}\r\n\r\n${chunks}`)).toBe("200");
  expect(upstream.ran).toEqual(["list_issues"]);
  expect(upstream.requests[0]?.headers).toMatchObject({ "mcp-name": "list_issues" });
  for (const name of ["mcp-param-region", "mcp-session-id"])
    expect(upstream.requests[0]?.headers).not.toHaveProperty(name);
  expect(gateway.world.audit).toHaveLength(1);
});

test.each([
  ["an id that is a fraction as written", '{"jsonrpc":"2.0","id":1.0,"method":"ping"}'],
  ["an id that a double can't hold", '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}'],
  ["a batch in a batch", '[[{"jsonrpc":"2.0","id":1,"method":"ping"}]]'],
  ["a number for a batch", "1e400"],
  ["a method in capitals", '{"jsonrpc":"2.0","id":1,"method":"PING"}'],
  ["a notification that leads elsewhere", '{"jsonrpc":"2.0","method":"notifications/../tools/call","params":{}}'],
  ["a request called like a notification", '{"jsonrpc":"2.0","id":1,"method":"notifications/cancelled"}'],
])("%s is refused and on record", async (_what, body) => {
  await post(gateway, token, { body });
  expect(gateway.world.requests).toMatchObject([{ decision: "deny", human: alice }]);
  expect(upstream.requests).toEqual([]);
});

test("no answer to a server's question and no end of a request in another agent's session", async () => {
  const initialize = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "a", version: "1" } };
  const opened = await post(gateway, token, {
    body: { jsonrpc: "2.0", id: 1, method: "initialize", params: initialize },
  });
  const headers = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
  const second = `token-${gateway.connect(alice, "client-b", "high").id}`;
  upstream.requests.length = 0;
  const answer = { jsonrpc: "2.0", id: 0, result: { action: "accept", content: {} } };
  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
  for (const body of [answer, cancel]) {
    expect((await post(gateway, second, { headers, body })).body.error?.data.code).toBe("SESSION_UNKNOWN");
  }
  expect(gateway.world.requests.map(({ code }) => code)).toEqual(["SESSION_UNKNOWN", "SESSION_UNKNOWN"]);
  expect(upstream.requests).toEqual([]);
});

describe("at an upstream that answers as it is told", () => {
  const json = { "content-type": "application/json" };
  const reviewed = { name: "create_issue", inputSchema: { type: "object" } } as const;
  let handle: (request: IncomingMessage, response: ServerResponse, id: number, method: string) => void = () =>
    undefined;
  let called: number[] = [];
  let raw: Awaited<ReturnType<typeof listen>>;
  let behind: GatewayFixture;
  let bearer = "";

  beforeAll(async () => {
    raw = await listen((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id: number; method: string };
        if (method === "tools/call") called.push(id);
        handle(request, response, id, method);
      });
    });
    behind = await startGateway(raw.url);
  });
  afterAll(async () => {
    await behind.close();
    await raw.close();
  });
  beforeEach(() => {
    called = [];
    behind.provision();
    behind.world.auditHolds = undefined;
    for (const records of [behind.world.audit, behind.world.results]) records.length = 0;
    behind.world.ceilings.set(alice, "high");
    bearer = `token-${behind.connect(alice, "client-a", "high").id}`;
  });
  const cancelled = { outcome: "cancelled", code: "CANCELLED" };

  test("a client that leaves while its call is put on record: the call is not made", async () => {
    const hold = Promise.withResolvers<void>();
    behind.world.auditHolds = hold.promise;
    const body = JSON.stringify(toolCall("create_issue").body);
    const bytes = bytesOf(behind, bearer, "POST /mcp/issues HTTP/1.1", [], body);
    const client = open(behind, bytes.replace("mcp-name: list_issues", "mcp-name: create_issue"));
    await expect.poll(() => behind.world.audit.length).toBe(1);
    client.destroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    hold.resolve();
    await expect.poll(() => behind.world.results).toMatchObject([{ ...cancelled, upstreamStatus: null }]);
    expect(called).toEqual([]);
    expect(behind.world.audit).toHaveLength(1);
  });

  test("a client that leaves while the tool list is read: the call is not made", async () => {
    behind.provision({ tools: { create_issue: { trust: "medium", digest: toolDigest(reviewed.name, reviewed) } } });
    const asked = Promise.withResolvers<() => void>();
    handle = (_request, response, id) =>
      asked.resolve(() =>
        response.writeHead(200, json).end(JSON.stringify({ jsonrpc: "2.0", id, result: { tools: [reviewed] } })),
      );
    const body = JSON.stringify(toolCall("create_issue").body);
    const bytes = bytesOf(behind, bearer, "POST /mcp/issues HTTP/1.1", [], body);
    const client = open(behind, bytes.replace("mcp-name: list_issues", "mcp-name: create_issue"));
    const list = await asked.promise;
    client.destroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    list();
    await expect.poll(() => behind.world.results).toMatchObject([cancelled]);
    expect(called).toEqual([]);
    expect(behind.world.audit).toHaveLength(1);
  });

  test("three calls at once on one connection, whose client leaves: each ends at the upstream and is on record once", async () => {
    let ended = 0;
    handle = (_request, response, id) => {
      response.on("close", () => {
        ended += 1;
      });
      if (id === 2)
        response.writeHead(200, { "content-type": "text/event-stream" }).write(`: ${"x".repeat(200_000)}\n\n`);
    };
    const calls = [1, 2, 3].map((id) => JSON.stringify(toolCall("list_issues", {}, id).body));
    const bytes = calls.map((body) => bytesOf(behind, bearer, "POST /mcp/issues HTTP/1.1", [], body)).join("");
    const client = open(behind, bytes);
    await expect.poll(() => called.length).toBe(3);
    client.destroy();
    await expect.poll(() => ended).toBe(3);
    await expect.poll(() => behind.world.results).toMatchObject([cancelled, cancelled, cancelled]);
    expect(new Set(behind.world.results.map(({ callId }) => callId)).size).toBe(3);
    expect(behind.world.audit).toHaveLength(3);
  });

  test("answers under each other's ids, in a batch: each request gets what was said to it", async () => {
    handle = (_request, response, id) =>
      response.writeHead(200, json).end(JSON.stringify({ jsonrpc: "2.0", id: 3 - id, result: { to: id } }));
    const body = [1, 2].map((id) => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "list_issues" } }));
    const { text } = await post(behind, bearer, { body });
    expect(JSON.parse(text)).toEqual([1, 2].map((id) => ({ jsonrpc: "2.0", id, result: { to: id } })));
    expect([behind.world.audit.length, called.length]).toEqual([2, 2]);
  });

  const answer = '{"jsonrpc":"2.0","id":1,"result":{"note":"evil"}}';
  const whole = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`;
  test.each<[string, string]>([
    [
      "another protocol",
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n${whole}`,
    ],
    ["a go-ahead that nobody asked for", `HTTP/1.1 100 Continue\r\n\r\n${whole}`],
    ["a status that is none", whole.replace("200 OK", "099 X")],
    ["headers without an end", `HTTP/1.1 200 OK\r\nx: ${"a".repeat(20_000)}`],
    ["the greeting of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["no HTTP", answer],
    ["two types", whole.replace("application/json", "application/json, text/html")],
    ["less than it says", `${whole.replace(/length: \d+/, "length: 500")}`],
    [
      "a chunk that is none",
      whole.replace(/content-length: \d+/, "transfer-encoding: chunked").replace(answer, `31\r\n${answer}\r\nzz\r\n`),
    ],
  ])("%s: 502 with the request's id, one decision and one result", async (_what, bytes) => {
    handle = ({ socket }) => void socket.end(bytes, "latin1");
    const { status, body, text } = await post(behind, bearer, toolCall("list_issues"));
    expect([status, body.id, body.error?.data.code]).toEqual([502, 1, "UPSTREAM_UNAVAILABLE"]);
    expect(text).not.toContain("evil");
    await expect.poll(() => behind.world.results).toMatchObject([{ outcome: "failed", code: "UPSTREAM_UNAVAILABLE" }]);
    expect([behind.world.audit.length, called.length]).toEqual([1, 1]);
  });

  test("what an upstream sends in trailers is no header", async () => {
    const trailers = "set-cookie: evil=1\r\nmcp-session-id: x";
    const chunks = `${answer.length.toString(16)}\r\n${answer}\r\n0\r\n${trailers}\r\n\r\n`;
    const bytes = whole.replace(/content-length: \d+/, "transfer-encoding: chunked").replace(answer, chunks);
    handle = ({ socket }) => void socket.end(bytes, "latin1");
    const { status, headers } = await post(behind, bearer, toolCall("list_issues"));
    expect([status, headers.get("set-cookie"), headers.get("mcp-session-id")]).toEqual([200, null, null]);
    expect(behind.world.audit).toHaveLength(1);
  });
});
