/** Upstreams that misbehave, and streams: what the client gets, and what the upstream can't make it do. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
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

beforeAll(async () => {
  raw = await listen((request, response) => {
    arrived += 1;
    request.resume();
    handle(request, response);
  });
  gateway = await startGateway(raw.url);
});
afterAll(async () => {
  await gateway.close();
  await raw.close();
});
beforeEach(() => {
  arrived = 0;
  gateway.world.audit.length = 0;
  gateway.world.ceilings.set(alice, "high");
  token = `token-${gateway.connect(alice, "client-a", "low").id}`;
});

const json = { "content-type": "application/json" };
const call = toolCall("list_issues", {}, 42);
const bearer = () => ({ authorization: `Bearer ${token}` });
const unavailable = { code: -32603, data: { code: "UPSTREAM_UNAVAILABLE" } };

describe("answers that are not passed on", () => {
  test.each<[string, number, Record<string, string>]>([
    ["a redirect", 307, { location: "http://127.0.0.1:9/steal" }],
    ["a redirect with JSON", 302, { ...json, location: "http://127.0.0.1:9/steal" }],
    [
      "a demand for credentials",
      401,
      { ...json, "www-authenticate": 'Bearer resource_metadata="https://evil.example"' },
    ],
    ["a refusal", 403, json],
    ["a page", 200, { "content-type": "text/html" }],
    ["no content type", 200, {}],
    ["a failure page", 500, { "content-type": "text/html" }],
    ["a compressed answer", 200, { ...json, "content-encoding": "gzip" }],
    ["a session id with a space", 200, { ...json, "mcp-session-id": "a b" }],
  ])("%s: 502 with the request's id, one record", async (_what, status, headers) => {
    handle = (_request, response) => response.writeHead(status, headers).end("<script>1</script>");
    const answer = await post(gateway, token, call);
    expect(answer.status).toBe(502);
    expect(answer.body).toMatchObject({ id: 42, error: unavailable });
    expect(answer.headers.get("location")).toBeNull();
    expect(answer.headers.get("www-authenticate")).toBeNull();
    expect(answer.text).not.toContain("script");
    expect(arrived).toBe(1);
    expect(gateway.world.audit).toMatchObject([{ decision: "allow" }]);
  });

  test.each([301, 302, 303, 307, 308])("a redirect (%i) to a private address is not followed", async (status) => {
    let stolen = 0;
    const inside = await listen((request, response) => {
      stolen += 1;
      request.resume();
      response.writeHead(200, json).end('{"jsonrpc":"2.0","id":42,"result":{}}');
    });
    handle = (_request, response) => response.writeHead(status, { location: inside.url }).end();
    const answer = await post(gateway, token, call);
    await inside.close();
    expect(answer).toMatchObject({ status: 502, body: { id: 42, error: unavailable } });
    expect(stolen).toBe(0);
    expect(gateway.world.audit).toMatchObject([{ decision: "allow" }]);
  });

  test.each(["gzip", "br", "deflate", "identity, gzip"])(
    "a small answer that would be a large one (%s)",
    async (encoding) => {
      const bomb = gzipSync(Buffer.alloc(20_000_000));
      handle = (_request, response) => response.writeHead(200, { ...json, "content-encoding": encoding }).end(bomb);
      for (const request of [call, rpc("tools/list")]) {
        expect((await post(gateway, token, request)).body.error).toMatchObject(unavailable);
      }
      expect(gateway.world.audit).toMatchObject([{ decision: "allow" }]);
    },
  );

  test("an upstream that is not there, and one that hangs up", async () => {
    const gone = await listen(() => undefined);
    await gone.close();
    const orphan = await startGateway(gone.url);
    orphan.world.ceilings.set(alice, "high");
    const grant = orphan.connect(alice, "client-a", "low");
    expect(await post(orphan, `token-${grant.id}`, call)).toMatchObject({ status: 502, body: { error: unavailable } });
    await orphan.close();
    handle = (request) => request.socket.destroy();
    expect(await post(gateway, token, call)).toMatchObject({ status: 502, body: { error: unavailable } });
  });

  test("a client error without JSON keeps its status and loses its page", async () => {
    handle = (_request, response) => response.writeHead(405, { allow: "POST", "content-type": "text/html" }).end("<p>");
    const response = await fetch(`${gateway.url}/mcp/issues`, { headers: bearer() });
    expect([response.status, response.headers.get("allow"), await response.text()]).toEqual([405, "POST", ""]);
  });
});

test("of the upstream's headers, the client sees only those of the protocol", async () => {
  handle = (_request, response) =>
    response
      .writeHead(200, {
        ...json,
        "set-cookie": "session=evil",
        "access-control-allow-origin": "*",
        "x-gateway-user": "admin",
        "content-security-policy": "default-src *",
        "strict-transport-security": "max-age=0",
        "mcp-protocol-version": "2026-07-28",
      })
      .end('{"jsonrpc":"2.0","id":42,"result":{}}');
  const answer = await post(gateway, token, call);
  const names = [...answer.headers.keys()].filter((name) => !["date", "connection", "keep-alive"].includes(name));
  expect(names).toEqual([
    "cache-control",
    "content-length",
    "content-security-policy",
    "content-type",
    "mcp-protocol-version",
    "referrer-policy",
    "vary",
    "x-content-type-options",
    "x-request-id",
  ]);
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(answer.body.result).toEqual({});
});

test("JSON and errors of the upstream pass unchanged", async () => {
  const text = '{"jsonrpc": "2.0", "id": 42, "error": {"code": -32602, "message": "bad", "big": 12345678901234567890}}';
  handle = (_request, response) => response.writeHead(400, json).end(text);
  const answer = await post(gateway, token, call);
  expect([answer.status, answer.text]).toEqual([400, text]);
});

test("events are passed on as they come", async () => {
  const parts = ["event: message\ndata: 1\n\n", ": alive\n\n", "id: 9\ndata: 2\n\n"];
  let next: () => void = () => undefined;
  handle = (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    next = () => {
      const part = parts.shift();
      if (part === undefined) response.end();
      else response.write(part);
    };
  };
  const expected = parts.join("");
  const { headers, body } = call;
  // Resolves with the headers alone: the upstream has sent nothing else yet.
  const response = await fetch(`${gateway.url}/mcp/issues`, {
    method: "POST",
    headers: { ...bearer(), ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  for (let part = 0; part < 3; part += 1) {
    next();
    seen += (await reader?.read())?.value;
  }
  next();
  expect((await reader?.read())?.done).toBe(true);
  expect(seen).toBe(expected);
});

test("a client that goes away ends the call at the upstream", async () => {
  const ended = new Promise<void>((resolve) => {
    handle = (request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      request.socket.once("close", () => resolve());
    };
  });
  const abort = new AbortController();
  const { headers, body } = call;
  const response = await fetch(`${gateway.url}/mcp/issues`, {
    method: "POST",
    signal: abort.signal,
    headers: { ...bearer(), ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  abort.abort();
  await ended;
  await expect(response.text()).rejects.toThrow();
});

test("a client that goes away before the upstream answers ends the call too", async () => {
  let reached: () => void = () => undefined;
  const called = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    handle = (request) => {
      reached();
      request.socket.once("close", () => resolve());
    };
  });
  const abort = new AbortController();
  const { headers, body } = call;
  const sent = fetch(`${gateway.url}/mcp/issues`, {
    method: "POST",
    signal: abort.signal,
    headers: { ...bearer(), ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await called;
  abort.abort();
  await expect(sent).rejects.toThrow();
  await ended;
});

test("a slow client holds the upstream back", async () => {
  const chunk = `data: ${"x".repeat(64 * 1024)}\n\n`;
  let sent = 0;
  handle = (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const pump = () => {
      while (sent < 2000) {
        sent += 1;
        if (!response.write(chunk)) {
          response.once("drain", pump);
          return;
        }
      }
      response.end();
    };
    pump();
  };
  const abort = new AbortController();
  const { headers, body } = call;
  const response = await fetch(`${gateway.url}/mcp/issues`, {
    method: "POST",
    signal: abort.signal,
    headers: { ...bearer(), ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  let last = -1;
  await expect
    .poll(
      () => {
        const stalled = sent === last;
        last = sent;
        return stalled;
      },
      { interval: 200, timeout: 10_000 },
    )
    .toBe(true);
  // 2000 chunks are 128 MB: without back-pressure all of them would be in memory by now.
  expect(sent).toBeLessThan(1000);
  abort.abort();
  await response.text().catch(() => undefined);
});

describe("an upstream that breaks off", () => {
  const after = (sent: string): Handler => {
    return (_request, response) => {
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .write(sent, () => response.socket?.resetAndDestroy());
    };
  };
  test.each<[string, string]>([
    ["before the first event", ": hello\n\n"],
    ["between events", 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n'],
  ])("%s: the call is answered with the error", async (_, sent) => {
    handle = after(sent);
    const { status, text } = await post(gateway, token, call);
    expect(status).toBe(200);
    expect(text.startsWith(sent)).toBe(true);
    const [last = "{}"] = text.split("data: ").slice(-1);
    expect(JSON.parse(last)).toMatchObject({ id: 42, error: unavailable });
    expect(last).toContain("It may have taken effect.");
  });

  test.each<[string, string]>([
    ["in the middle of an event", 'data: {"jsonrpc":"2.0"'],
    ["where the client can fetch the rest", "id: 7\ndata:\n\n"],
    ["where it can, said with CRLF", "event: message\r\nid: 7\r\ndata:\r\n\r\n"],
  ])("%s: the answer breaks off too, and nothing is added", async (_, sent) => {
    handle = after(sent);
    await expect(post(gateway, token, call)).rejects.toThrow("terminated");
  });
});
