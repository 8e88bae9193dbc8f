/** The largest message that a server may answer with: refused, or cut off where it is, and nothing kept for it. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { ServerTransport } from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

const alice = "alice@example.com";
const limit = 1_000_000;
const json = { "content-type": "application/json" };
const events = { "content-type": "text/event-stream" };
/** Answers with as many bytes of text as `note` says, and reads on whatever it is told. */
const program = `
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    const text = "x".repeat(method === "tools/call" ? params.arguments.note : 0);
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, result: { text, pid: process.pid } }));
  });`;
const given = { command: process.execPath, args: ["-e", program] };

let respond: (response: ServerResponse, request: IncomingMessage, body: string) => void = () => undefined;
let ended: Promise<void> = Promise.resolve();
let raw: Awaited<ReturnType<typeof listen>>;
let gateway: GatewayFixture;
let token = "";

beforeAll(async () => {
  raw = await listen((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    ended = new Promise((resolve) => response.once("close", resolve));
    request.once("end", () => respond(response, request, body));
  });
  const environment = { STDIO_PROGRAMS: JSON.stringify([{ ...given, env: [] }]) };
  gateway = await startGateway(raw.url, { environment });
});
afterAll(async () => {
  await gateway.close();
  await raw.close();
});
beforeEach(() => {
  gateway.provision({ server: { max_answer_megabytes: 1 } });
  for (const records of [gateway.world.audit, gateway.world.results]) records.length = 0;
  gateway.world.auditHolds = undefined;
  gateway.world.ceilings.set(alice, "high");
  token = `token-${gateway.connect(alice, "client-a", "low").id}`;
});

/** A JSON-RPC answer of so many bytes. */
const answerOf = (bytes: number) => {
  const empty = JSON.stringify({ jsonrpc: "2.0", id: 42, result: { text: "" } });
  return empty.replace('""', `"${"x".repeat(bytes - empty.length)}"`);
};
const eventOf = (bytes: number) => `data: ${answerOf(bytes - 8)}\n\n`;
const call = () => post(gateway, token, toolCall("list_issues", {}, 42));
const code = "UPSTREAM_ANSWER_TOO_LARGE";
const sentence =
  "The MCP server's answer is larger than 1 MB, so it was not passed on. It may have taken effect. Ask the server for less, or an admin to raise `maxAnswerMegabytes`.";
const error = { code: -32603, message: sentence, data: { code, reason: sentence, server: "issues" } };
const toolError = { ...error, data: { ...error.data, tool: "list_issues" } };

/** Sends a request, a GET without one, and reads the answer as far as it comes. */
const read = (asked: { readonly headers: Record<string, string>; readonly body: object } | undefined) =>
  new Promise<{ status: number | undefined; text: string; broken: boolean }>((resolve, reject) => {
    const headers = { ...json, authorization: `Bearer ${token}`, accept: "application/json, text/event-stream" };
    const options = { method: asked === undefined ? "GET" : "POST", headers: { ...headers, ...asked?.headers } };
    const request = httpRequest(`${gateway.url}/mcp/issues`, options, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part)).on("error", () => undefined);
      response.once("close", () => {
        resolve({ status: response.statusCode, text: Buffer.concat(parts).toString(), broken: !response.complete });
      });
    });
    request.on("error", reject).end(asked === undefined ? undefined : JSON.stringify(asked.body));
  });

/** Sends without end, as fast as it is taken. */
const endless = (response: ServerResponse, headers: Record<string, string>, start: string, then: string) => {
  response.writeHead(200, headers).write(start);
  const more = () => {
    while (!response.destroyed && response.write(then));
  };
  response.on("drain", more);
  more();
};

async function recorded(fields: object = {}) {
  await expect.poll(() => gateway.world.results.length).toBe(1);
  await ended;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(gateway.world.audit).toMatchObject([{ decision: "allow", tool: "list_issues" }]);
  expect(gateway.world.results).toMatchObject([
    { outcome: "failed", code, reason: sentence, callId: gateway.world.audit[0]?.id, ...fields },
  ]);
}

describe("one JSON body", () => {
  test("that says that it is longer is refused, and its request is over", async () => {
    respond = (response) => {
      response.writeHead(200, { ...json, "content-length": limit + 1 }).write("{");
    };
    const { status, body } = await call();
    expect([status, body]).toEqual([200, { jsonrpc: "2.0", id: 42, error: toolError }]);
    await recorded();
  });

  test("is as long as 64 MB where the policy says nothing", async () => {
    gateway.provision();
    respond = (response) => {
      response.writeHead(200, { ...json, "content-length": 64_000_001 }).write("{");
    };
    expect((await call()).body.error?.message).toContain("larger than 64 MB");
    respond = (response) => response.writeHead(200, json).end(answerOf(limit + 1));
    expect((await call()).text === answerOf(limit + 1)).toBe(true);
  });

  test("that turns out longer is broken off, and its request is over", async () => {
    const start = '{"jsonrpc":"2.0","id":42,"result":{"text":"';
    respond = (response) => endless(response, json, start, "x".repeat(10_000));
    const { status, text, broken } = await read(toolCall("list_issues", {}, 42));
    expect([status, broken]).toEqual([200, true]);
    expect(text).toMatch(/^\{"jsonrpc":"2.0","id":42,"result":\{"text":"x+$/);
    expect(text.length).toBeLessThanOrEqual(limit);
    await recorded({ upstreamStatus: 200 });
    // The piece that was too much has come too.
    expect(gateway.world.results[0]?.responseBytes).toBeGreaterThan(limit);
    expect(gateway.world.results[0]?.responseBytes).toBeLessThan(limit + 70_000);
  });

  test.each<[string, Record<string, string>]>([
    ["with its length", { "content-length": `${limit}` }],
    ["in chunks", {}],
  ])("of exactly so much passes byte for byte, %s", async (_what, headers) => {
    const text = answerOf(limit);
    respond = (response) => {
      response.writeHead(200, { ...json, ...headers }).write(text.slice(0, 300_000));
      setTimeout(() => response.end(text.slice(300_000)), 20);
    };
    expect((await call()).text === text).toBe(true);
    await expect.poll(() => gateway.world.results).toMatchObject([{ outcome: "answered", responseBytes: limit }]);
  });

  test("that is read whole: a tool list is the error, and what says 401 is no answer", async () => {
    respond = (response) => endless(response, json, "[", "1,".repeat(5_000));
    expect((await post(gateway, token, rpc("tools/list"))).body).toEqual({ jsonrpc: "2.0", id: 1, error });
    await ended;
    respond = (response) => {
      response.writeHead(401, { ...json, "content-length": limit + 1 }).write("{");
    };
    expect((await call()).body.error?.data.code).toBe("UPSTREAM_UNAVAILABLE");
  });

  test("that is read whole has 8 MB, whatever the policy says", async () => {
    gateway.provision({ server: { max_answer_megabytes: 1024 } });
    respond = (response) => endless(response, json, "[", "1,".repeat(5_000));
    expect((await post(gateway, token, rpc("tools/list"))).body.error?.data.code).toBe("UPSTREAM_UNAVAILABLE");
    await ended;
  });

  test("in a batch is that message's error, and the others go on", async () => {
    respond = (response, _request, body) => {
      if (body.includes("list_issues")) endless(response, json, "[", "1,".repeat(5_000));
      else response.writeHead(200, json).end('{"jsonrpc":"2.0","id":1,"result":{}}');
    };
    const body = [
      { jsonrpc: "2.0", id: 42, method: "tools/call", params: { name: "list_issues", arguments: {} } },
      { jsonrpc: "2.0", id: 1, method: "resources/list" },
    ];
    const answer = await post(gateway, token, { headers: { "mcp-protocol-version": "2025-03-26" }, body });
    expect(answer.body).toEqual([
      { jsonrpc: "2.0", id: 42, error: toolError },
      { jsonrpc: "2.0", id: 1, result: {} },
    ]);
  });
});

describe("one event", () => {
  const small = 'event: message\r\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\r\n\r\n';
  const { headers, body } = rpc("subscriptions/listen", { notifications: { toolsListChanged: true } });
  const streams = [
    ["of a call", toolCall("list_issues", {}, 42)],
    ["of a subscription", { headers, body: { ...body, id: 42 } }],
    ["of a GET stream", undefined],
  ] as const;

  test.each(streams)("%s that turns out longer breaks the stream off, and ends it upstream", async (_what, request) => {
    respond = (response) => endless(response, events, `${small}data: `, "x".repeat(10_000));
    const { status, text, broken } = await read(request);
    expect([status, broken]).toEqual([200, true]);
    // What comes before is whole, and nothing is added to what is not.
    const before = text.replace(/\r\n/g, "\n").split("\n\n")[0];
    expect(before).toContain("notifications/progress");
    expect(text).toMatch(/\n\n(data: x*)?$|\r\n\r\n(data: x*)?$/);
    expect(text.length).toBeLessThanOrEqual(small.length + limit);
    await ended;
  });

  test("is on record as what ended the call", async () => {
    respond = (response) => endless(response, events, `${small}data: `, "x".repeat(10_000));
    await read(toolCall("list_issues", {}, 42));
    await recorded({ upstreamStatus: 200 });
  });

  test.each(streams.slice(0, 1))(
    "%s of exactly so much passes byte for byte, whatever comes before",
    async (_what, request) => {
      const text = `: begins\n\n${small}${eventOf(limit)}: goes on\n\n${eventOf(limit)}`;
      respond = (response) => {
        response.writeHead(200, events).write(text.slice(0, 300_000));
        setTimeout(() => response.end(text.slice(300_000)), 20);
      };
      const got = await read(request);
      expect([got.status, got.broken, got.text === text]).toEqual([200, false, true]);
      await expect
        .poll(() => gateway.world.results)
        .toMatchObject([{ outcome: "answered", responseBytes: text.length }]);
      respond = (response) => response.writeHead(200, events).end(`${small}${eventOf(limit + 1)}`);
      expect(await read(request)).toMatchObject({ broken: true });
    },
  );

  test.each(streams)("%s is all that counts: many of them together are more", async (_what, request) => {
    const parts = Array.from({ length: 30 }, (_, index) => [small, eventOf(200_000 + index)].join(""));
    const text = parts.join("");
    // A stream that says how long it is is no single message either.
    respond = (response) => response.writeHead(200, { ...events, "content-length": text.length }).end(text);
    const got = await read(request);
    expect(got.broken).toBe(false);
    const messages = (stream: string) => stream.match(/^data: .*$/gm);
    expect(messages(got.text)).toEqual(messages(text));
  });
});

describe("a server that is no HTTP endpoint of today", () => {
  const stdio = { type: "stdio", ...given, env: {} } as ServerTransport;
  const callOf = (note: number, headers = {}) => {
    const { headers: own, body } = toolCall("list_issues", { note }, 42);
    return post(gateway, token, { headers: { ...own, ...headers }, body });
  };
  const whole = { accept: "application/json" };

  test("a program: the message is not passed on, and the program goes on", async () => {
    gateway.provision({ server: { upstream_url: "stdio:issues", transport: stdio, max_answer_megabytes: 1 } });
    const first = (await callOf(10, whole)).body.result;
    expect((await callOf(limit)).text).toBe(
      `event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: 42, error: toolError })}\n\n`,
    );
    expect((await callOf(limit, whole)).body).toEqual({ jsonrpc: "2.0", id: 42, error: toolError });
    expect((await callOf(10, whole)).body.result).toEqual(first);
    await expect
      .poll(() => gateway.world.results.map(({ outcome, code: said }) => [outcome, said]))
      .toEqual([
        ["answered", "ANSWERED"],
        ["failed", code],
        ["failed", code],
        ["answered", "ANSWERED"],
      ]);
  });

  test("a program has 8 MB, whatever the policy says", async () => {
    gateway.provision({ server: { upstream_url: "stdio:issues", transport: stdio, max_answer_megabytes: 1024 } });
    expect((await callOf(7_000_000, whole)).body.result?.text).toHaveLength(7_000_000);
    expect((await callOf(9_000_000)).text).toContain("sent a message larger than 8 MB");
  });

  test("HTTP+SSE: likewise", async () => {
    let stream: ServerResponse | undefined;
    respond = (response, request, body) => {
      if (request.method === "GET") {
        stream = response.writeHead(200, events);
        stream.write("event: endpoint\ndata: /messages\n\n");
        return;
      }
      response.writeHead(202).end();
      const { id, params } = JSON.parse(body) as { id: number; params: { arguments: { note: number } } };
      const result = { text: "x".repeat(params.arguments.note) };
      stream?.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", id, result })}\n\n`);
    };
    gateway.provision({ server: { transport: { type: "sse" }, max_answer_megabytes: 1 } });
    expect((await callOf(limit)).text).toContain(JSON.stringify(toolError));
    expect((await callOf(limit - 1_000, whole)).body.result?.text).toHaveLength(limit - 1_000);
    expect(gateway.world.results.map(({ code: said }) => said)).toEqual([code, "ANSWERED"]);
  });

  test("an answer that is too large before its call is on record is told once it is", async () => {
    gateway.provision({ server: { upstream_url: "stdio:issues", transport: stdio, max_answer_megabytes: 1 } });
    gateway.world.auditHolds = new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await callOf(limit)).text).toContain(JSON.stringify(toolError));
    await expect.poll(() => gateway.world.results).toMatchObject([{ outcome: "failed", code }]);
  });

  test.each([json, events])(
    "an answer that is out of time before its call is on record is told once it is: %o",
    async (headers) => {
      gateway.provision({ server: { timeout_seconds: 1 } });
      gateway.world.auditHolds = new Promise((resolve) => setTimeout(resolve, 1_300));
      respond = (response) => {
        response.writeHead(200, headers).flushHeaders();
      };
      expect((await call()).text).toContain("UPSTREAM_TIMEOUT");
      expect((await post(gateway, token, rpc("tools/list"))).text).toContain("UPSTREAM_TIMEOUT");
    },
  );
});
