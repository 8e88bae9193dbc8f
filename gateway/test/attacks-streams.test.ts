/** Attacks with answers: streams that break off at a bad moment, answers under other ids, lines and levels without end. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

const alice = "alice@example.com";
const json = { "content-type": "application/json" };
const events = { "content-type": "text/event-stream" };

interface Asked {
  readonly id?: number;
  readonly method: string;
}
let respond: (response: ServerResponse, asked: Asked, request: IncomingMessage) => unknown = () => undefined;
let upstream: Awaited<ReturnType<typeof listen>>;
let gateway: GatewayFixture;
let token = "";
/** What nobody listened to: it ends the process. */
const unheard: unknown[] = [];
const note = (error: unknown) => unheard.push(error);

beforeAll(async () => {
  upstream = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      const text = Buffer.concat(chunks).toString();
      void respond(response, text === "" ? { method: "GET" } : (JSON.parse(text) as Asked), request);
    });
  });
  gateway = await startGateway(upstream.url);
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  unheard.length = 0;
  process.on("uncaughtException", note);
  const { world } = gateway;
  for (const records of [world.audit, world.requests, world.results]) records.length = 0;
  world.auditHolds = undefined;
  world.ceilings.set(alice, "high");
  token = `token-${gateway.connect(alice, "client-a", "high").id}`;
});
afterEach(() => {
  process.off("uncaughtException", note);
  expect(unheard).toEqual([]);
});

const message = (method: string, id: number, params: object = {}) => ({ jsonrpc: "2.0", id, method, params });
const call = (id: number) => message("tools/call", id, { name: id === 1 ? "list_issues" : "create_issue" });
const answer = (id: unknown, result: unknown = {}) => JSON.stringify({ jsonrpc: "2.0", id, result });
const event = (data: string) => `event: message\ndata: ${data}\n\n`;
const unavailable = { code: -32603, data: { code: "UPSTREAM_UNAVAILABLE" } };
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const messagesOf = (text: string) =>
  text
    .split("\n")
    .flatMap((line) => (line.startsWith("data: {") ? [JSON.parse(line.slice(6)) as { id?: unknown }] : []));

describe("a batch whose first answer breaks off while the other is under way", () => {
  const begun: [string, string][] = [
    ["whose events can be fetched again", "id: abc\ndata: \n\n"],
    ["within an event", "data: {"],
  ];
  const bytes = () => {
    const body = JSON.stringify([call(1), call(2)]);
    const { host } = new URL(gateway.url);
    const fields = `host: ${host}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json`;
    return `POST /mcp/issues HTTP/1.1\r\n${fields}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  };

  test.each(begun)("because the client leaves, %s: both calls end, and so does nothing else", async (_what, sent) => {
    const asked = new Set<unknown>();
    const ended: unknown[] = [];
    respond = (response, { id }) => {
      response.once("close", () => ended.push(id));
      if (id === 1) response.writeHead(200, events).write(sent);
      asked.add(id);
    };
    const client = connect(Number(new URL(gateway.url).port), "127.0.0.1").on("error", () => undefined);
    client.write(bytes());
    await expect.poll(() => asked.size).toBe(2);
    await pause(50);
    client.destroy();
    await expect.poll(() => ended.length).toBe(2);
    await expect.poll(() => gateway.world.results.map(({ code }) => code)).toEqual(["CANCELLED", "CANCELLED"]);
    expect(gateway.world.audit).toHaveLength(2);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });

  test.each(begun)("because the server does, %s: the other's answer comes", async (_what, sent) => {
    respond = (response, { id }) => {
      if (id === 1) response.writeHead(200, events).write(sent, () => response.socket?.resetAndDestroy());
      else setTimeout(() => response.writeHead(200, json).end(answer(2)), 150);
    };
    const { status, text } = await post(gateway, token, { body: [call(1), call(2)] });
    expect(status).toBe(200);
    const [failed, answered] = messagesOf(text).toSorted((one, two) => Number(one.id) - Number(two.id));
    expect(failed).toMatchObject({ id: 1, error: unavailable });
    expect(answered).toEqual({ jsonrpc: "2.0", id: 2, result: {} });
    await expect
      .poll(() => gateway.world.results.map(({ tool, code }) => `${tool} ${code}`).toSorted())
      .toEqual(["create_issue ANSWERED", "list_issues UPSTREAM_UNAVAILABLE"]);
  });

  test("and is a tool list: likewise", async () => {
    respond = (response, { id }) => {
      if (id === 1) response.writeHead(200, events).write("data: {", () => response.socket?.resetAndDestroy());
      else setTimeout(() => response.writeHead(200, json).end(answer(2)), 150);
    };
    const { text } = await post(gateway, token, { body: [message("tools/list", 1), call(2)] });
    expect(messagesOf(text)).toContainEqual({ jsonrpc: "2.0", id: 2, result: {} });
    expect(messagesOf(text)).toContainEqual(expect.objectContaining({ id: 1, error: expect.anything() }));
  });
});

describe("a tool list in the place of another answer", () => {
  const evil = { name: "list_issues", description: "EVIL", inputSchema: { type: "object" } };
  const list = (id: unknown) => answer(id, { tools: [evil] });
  const ping = (id = 7) => post(gateway, token, { body: message("ping", id) });

  test("does not reach a client that waits for it", async () => {
    let listId: unknown;
    const said = {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "x", version: "1" },
    };
    respond = (response, { id, method }, request) => {
      if (request.method !== "POST") response.writeHead(405).end();
      else if (method === "initialize") response.writeHead(200, json).end(answer(id, said));
      else if (method === "ping") response.writeHead(200, events).end(`${event(list(listId))}${event(answer(id))}`);
      else if (method === "tools/list") listId = id;
      else response.writeHead(202).end();
    };
    const client = new Client({ name: "test", version: "1" });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp/issues`), { requestInit }));
    let listed: unknown;
    client.listTools().then(
      (value) => {
        listed = value;
      },
      () => undefined,
    );
    await expect.poll(() => listId).toBeDefined();
    await expect(client.ping()).rejects.toThrow("answered another request");
    await pause(100);
    expect(listed).toBeUndefined();
    await client.close();
  });

  test.each<[string, string]>([
    ["at once", event(list(1))],
    ["with CRLF", `data: ${list(1)}\r\n\r\n`],
    ["with CR", `data: ${list(1)}\r\r`],
    ["in two lines of data", `data: ${list(1).replace(',"id"', ',\ndata:"id"')}\n\n`],
    ["with escapes", event(list(1).replace('"id"', '"\\u0069\\u0064"').replace('"result"', '"resul\\u0074"'))],
    ["in a batch", event(`[${answer(7)},${list(1)}]`)],
    ["with two ids", event(list(1).replace("{", '{"id":7,').replace("}}", '},"id":7}'))],
    ["as another type of the id", event(list("7"))],
    ["as another event", `event: other\nid: 5\n${event(list(1))}`],
  ])("on the stream of another request, %s: its error, after what came before", async (_what, sent) => {
    const before = event('{"jsonrpc":"2.0","id":1,"method":"roots/list"}');
    respond = (response) => response.writeHead(200, events).end(`${before}${sent}${event(answer(7))}`);
    const { status, text } = await ping();
    expect([status, text.startsWith(before)]).toEqual([200, true]);
    expect(text).not.toContain("EVIL");
    expect(messagesOf(text.slice(before.length))).toMatchObject([{ id: 7, error: unavailable }]);
  });

  test("as the first event, after a byte order mark: the error alone", async () => {
    respond = (response) =>
      response.writeHead(200, events).end(`\uFEFF${event(list(1)).replace("event: message\n", "")}`);
    expect(messagesOf((await ping()).text)).toMatchObject([{ id: 7, error: unavailable }]);
  });

  test("in pieces: broken off before its end, and its call with it", async () => {
    respond = async (response) => {
      response.writeHead(200, events).write(": begins\n\n");
      for (const part of event(list(2))) {
        response.write(part);
        await pause(0);
      }
    };
    await expect(post(gateway, token, { body: call(1) })).rejects.toThrow("terminated");
    await expect.poll(() => gateway.world.results).toMatchObject([{ outcome: "failed", code: "UPSTREAM_UNAVAILABLE" }]);
    expect(gateway.world.audit).toHaveLength(1);
  });

  test.each([
    ["at once", () => undefined, 0],
    ["before its request is on record", () => pause(150), 0],
    ["after its headers", () => undefined, 100],
  ])("as the JSON answer to another request, %s: its error", async (_what, hold, delayMs) => {
    gateway.world.auditHolds = hold();
    respond = (response) => {
      response.writeHead(200, json);
      if (delayMs === 0) return void response.end(list(2));
      response.flushHeaders();
      setTimeout(() => response.end(list(2)), delayMs);
    };
    const { status, body, text } = await post(gateway, token, { body: call(1) });
    expect([status, body]).toMatchObject([502, { id: 1, error: unavailable }]);
    expect(text).not.toContain("EVIL");
    await expect.poll(() => gateway.world.results.length).toBe(1);
  });

  test("as a long JSON answer, whose id comes last: broken off before its end", async () => {
    const text = `{"jsonrpc":"2.0","result":{"tools":[${JSON.stringify(evil)}],"x":"${"x".repeat(300_000)}"},"id":1}`;
    respond = (response) => response.writeHead(200, json).end(text);
    await expect(ping()).rejects.toThrow("terminated");
    respond = (response) => response.writeHead(200, json).end(text.replace('"id":1', '"id":7'));
    expect((await ping()).text.length).toBe(text.length);
  });

  test.each([
    ["events", events, event(list(1))],
    ["JSON", json, list(1)],
  ])("as %s in answer to a notification: not passed on", async (_what, headers, text) => {
    respond = (response) => response.writeHead(200, headers).end(text);
    const sent = post(gateway, token, { body: { jsonrpc: "2.0", method: "notifications/initialized" } });
    const got = await sent.then(
      (all) => all.text,
      () => "",
    );
    expect(got).not.toContain("EVIL");
  });

  test.each([
    ["events", events, event(list(1))],
    ["JSON", json, list(1)],
  ])("as %s of a GET: filtered like any list", async (_what, headers, text) => {
    respond = (response) => response.writeHead(200, headers).end(text.replace("list_issues", "not_in_policy"));
    const response = await fetch(`${gateway.url}/mcp/issues`, { headers: { authorization: `Bearer ${token}` } });
    const got = await response.text();
    expect(got).toContain('"tools":[]');
    expect(got).not.toContain("EVIL");
  });

  test("what a server sends beside its answer passes byte for byte", async () => {
    const parts = [
      ": hello\r\n\r\n",
      event('{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"result":{"id":3}}}'),
      event('{"jsonrpc":"2.0","method":"notifications/message","params":{"data":{"id":1,"error":1}}}'),
      event(answer(7, { tools: "\u0000", id: 1, result: { id: 2 } })),
    ];
    respond = (response) => response.writeHead(200, events).end(parts.join(""));
    expect((await ping()).text).toBe(parts.join(""));
  });
});

describe("a request that is not answered", () => {
  test.each([202, 204])("but accepted (%i): the client is told, and its call is on record", async (status) => {
    respond = (response) => response.writeHead(status).end();
    const got = await post(gateway, token, { body: call(1) });
    expect([got.status, got.body]).toMatchObject([502, { id: 1, error: unavailable }]);
    expect(got.body.error?.message).toContain("did not answer the request");
    await expect.poll(() => gateway.world.results).toMatchObject([{ outcome: "failed", upstreamStatus: status }]);
    const notified = await post(gateway, token, { body: { jsonrpc: "2.0", method: "notifications/initialized" } });
    expect(notified.status).toBe(status);
  });

  test("because the session is over: the status says it", async () => {
    respond = (response) => response.writeHead(404).end();
    expect((await post(gateway, token, { body: call(1) })).status).toBe(404);
  });
});

describe("an answer with levels without end", () => {
  const deep = (id: number) =>
    answer(id).replace('"result":{}', `"result":${"[".repeat(200_000)}${"]".repeat(200_000)}`);
  const records = () => gateway.world.audit.map(({ tool, decision }) => `${tool} ${decision}`).toSorted();

  test.each([
    ["JSON", json, (id: number) => answer(id)],
    ["events", events, (id: number) => event(answer(id))],
  ])("in a batch is that message's error, beside %s", async (_what, headers, text) => {
    respond = (response, { id = 0 }) => {
      if (id === 1) response.writeHead(200, json).end(deep(1));
      else response.writeHead(200, headers).end(text(id));
    };
    const got = await post(gateway, token, { body: [call(1), call(2)] });
    const messages = headers === json ? (JSON.parse(got.text) as { id?: unknown }[]) : messagesOf(got.text);
    expect(got.status).toBe(200);
    expect(messages).toHaveLength(2);
    expect(messages).toContainEqual({ jsonrpc: "2.0", id: 2, result: {} });
    expect(messages.find(({ id }) => id === 1)).toMatchObject({ error: unavailable });
    expect(records()).toEqual(["create_issue allow", "list_issues allow"]);
  });

  test.each([
    ["JSON", 502, json, deep(1)],
    ["events", 200, events, event(deep(1))],
  ])("is no tool list: %s", async (_what, status, headers, text) => {
    respond = (response) => response.writeHead(200, headers).end(text);
    const got = await post(gateway, token, { body: message("tools/list", 1) });
    expect(got.status).toBe(status);
    const [told] = headers === json ? [got.body] : messagesOf(got.text);
    const sentence = expect.stringContaining("nested too deeply");
    expect(told).toMatchObject({ id: 1, error: { ...unavailable, message: sentence } });
    expect(gateway.world.requests.map(({ code }) => code)).not.toContain("INTERNAL");
  });
});

test("a tool list in small pieces holds nobody up: the others are answered meanwhile, and it ends", async () => {
  const text = event(answer(1, { tools: [], text: "x".repeat(100_000) }));
  respond = async (response, { method }) => {
    if (method !== "tools/list") return void response.writeHead(200, json).end(answer(2));
    response.socket?.setNoDelay(true);
    response.writeHead(200, events);
    for (let from = 0; from < text.length; from += 1_000) {
      response.write(text.slice(from, from + 1_000));
      await pause(0);
    }
    response.end();
  };
  const list = post(gateway, token, { body: message("tools/list", 1) });
  expect((await post(gateway, token, { body: call(2) })).body.result).toEqual({});
  expect(messagesOf((await list).text)).toMatchObject([{ id: 1, result: { tools: [] } }]);
});

test("lines without a blank line end a list's stream long before they are 8 MB", async () => {
  respond = (response) => response.writeHead(200, events).end("a\n".repeat(300_000));
  const { text } = await post(gateway, token, { body: message("tools/list", 1) });
  expect(messagesOf(text)).toMatchObject([{ id: 1, error: unavailable }]);
});
