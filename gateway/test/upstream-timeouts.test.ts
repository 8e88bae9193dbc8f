/** The time that a policy gives a call: past it the upstream's request ends, and the client gets an error it can read. */
import type { ServerResponse } from "node:http";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

const alice = "alice@example.com";
let respond: (response: ServerResponse) => void = () => undefined;
let ended: Promise<void> = Promise.resolve();
let upstream: Awaited<ReturnType<typeof listen>>;
let gateway: GatewayFixture;
let token = "";

beforeAll(async () => {
  upstream = await listen((request, response) => {
    request.resume();
    ended = new Promise((resolve) => response.once("close", resolve));
    respond(response);
  });
  gateway = await startGateway(upstream.url);
  gateway.provision({ server: { timeout_seconds: 1 } });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  gateway.world.audit.length = 0;
  gateway.world.results.length = 0;
  gateway.world.ceilings.set(alice, "high");
  token = `token-${gateway.connect(alice, "client-a", "low").id}`;
});

const json = { "content-type": "application/json" };
const events = { "content-type": "text/event-stream" };
const sentence = "The MCP server did not finish within 1 s, so the request was ended. It may have taken effect.";
const refusal = (data: object) => ({
  jsonrpc: "2.0",
  id: 42,
  error: {
    code: -32603,
    message: sentence,
    data: { code: "UPSTREAM_TIMEOUT", reason: sentence, server: "issues", ...data },
  },
});
const call = () => post(gateway, token, toolCall("list_issues", {}, 42));
const progress = 'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}';

describe("an upstream that does not finish", () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ["never answers", () => undefined],
    ["sends headers of JSON only", (response) => response.writeHead(200, json).flushHeaders()],
    [
      "stops in the middle of a JSON body",
      (response) => response.writeHead(200, json).write('{"jsonrpc":"2.0","id":4'),
    ],
  ])("%s: a JSON-RPC error, and its request is over", async (_what, how) => {
    respond = how;
    const { status, body } = await call();
    expect([status, body]).toEqual([200, refusal({ tool: "list_issues" })]);
    await ended;
    // Allowed, and recorded so before the upstream heard of it.
    expect(gateway.world.audit.map(({ decision, tool }) => [decision, tool])).toEqual([["allow", "list_issues"]]);
  });

  test.each([
    ["no event", ""],
    ["an event", `${progress}\n\n`],
    ["an event with other line ends", `${progress}\r\n\r\n`],
  ])("sends %s and stops: the stream's last event is the error", async (_what, sent) => {
    respond = (response) => {
      response.writeHead(200, events).flushHeaders();
      if (sent !== "") response.write(sent);
    };
    const { status, text } = await call();
    expect([status, text]).toEqual([
      200,
      `${sent}event: message\ndata: ${JSON.stringify(refusal({ tool: "list_issues" }))}\n\n`,
    ]);
    await ended;
  });

  test.each([
    ["an event", events, `${progress}\n`],
    ["a long JSON body", json, `{"jsonrpc":"2.0","id":42,"result":{"content":["${"x".repeat(100_000)}`],
  ])("stops in the middle of %s: cut off, and nothing added to it", async (_what, headers, sent) => {
    respond = (response) => {
      response.writeHead(200, headers).write(sent);
    };
    await expect(call()).rejects.toThrow();
    await ended;
  });

  test.each([
    ["JSON", json, '{"jsonrpc":"2.0",'],
    ["events", events, ""],
  ])("with a tool list as %s: the error and no list", async (_what, headers, sent) => {
    respond = (response) => {
      response.writeHead(200, headers).flushHeaders();
      if (sent !== "") response.write(sent);
    };
    const { body, text } = await post(gateway, token, rpc("tools/list"));
    expect(text).toContain("UPSTREAM_TIMEOUT");
    expect(body.result).toBeUndefined();
  });

  test("a real client gets the code", async () => {
    respond = (response) => {
      const answer = {
        jsonrpc: "2.0",
        id: 0,
        result: { capabilities: {}, serverInfo: { name: "slow", version: "1" } },
      };
      response
        .writeHead(200, json)
        .end(JSON.stringify(answer).replace('"result":{', '"result":{"protocolVersion":"2025-11-25",'));
      respond = (next) => {
        next.writeHead(202).end();
        respond = (last) => last.writeHead(200, events).flushHeaders();
      };
    };
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: "legacy" } });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp/issues`), { requestInit }));
    await expect(client.callTool({ name: "list_issues", arguments: {} })).rejects.toMatchObject({
      code: -32603,
      data: { code: "UPSTREAM_TIMEOUT", tool: "list_issues" },
    });
    await client.close();
  });
});

test("an answer in time is what the upstream said", async () => {
  respond = (response) => {
    response.writeHead(200, events).write(`${progress}\n\n`);
    setTimeout(() => response.end('data: {"jsonrpc":"2.0","id":42,"result":{}}\n\n'), 500);
  };
  expect((await call()).text).toBe(`${progress}\n\ndata: {"jsonrpc":"2.0","id":42,"result":{}}\n\n`);
});

describe("the time of a tool", () => {
  const within = (seconds: number) =>
    `The MCP server did not finish within ${seconds} s, so the request was ended. It may have taken effect.`;
  const answerAfter = (ms: number) => {
    respond = (response) => {
      const timer = setTimeout(() => response.writeHead(200, json).end('{"jsonrpc":"2.0","id":42,"result":{}}'), ms);
      response.once("close", () => clearTimeout(timer));
    };
  };
  const callOf = (tool: string) => post(gateway, token, toolCall(tool, {}, 42));
  const named = (tool: string, attributes: object) => ({ tools: { [tool]: { trust: "low" as const, ...attributes } } });
  afterEach(() => gateway.provision({ server: { timeout_seconds: 1 } }));

  test("is longer than the server's: its answer comes, those of the server's other tools don't", async () => {
    gateway.provision({
      server: { timeout_seconds: 1 },
      ...named("create_issue", { trust: "medium", timeout_seconds: 3 }),
    });
    token = `token-${gateway.connect(alice, "client-a", "high").id}`;
    answerAfter(1_500);
    const [own, others] = await Promise.all([callOf("create_issue"), callOf("list_issues")]);
    expect(own.body).toEqual({ jsonrpc: "2.0", id: 42, result: {} });
    expect(others.body.error).toMatchObject({ message: within(1), data: { tool: "list_issues" } });
  });

  test("is over too, and the upstream's request with it", async () => {
    gateway.provision({ server: { timeout_seconds: 1 }, ...named("list_issues", { timeout_seconds: 2 }) });
    respond = () => undefined;
    const started = performance.now();
    expect((await call()).body.error).toMatchObject({ code: -32603, message: within(2) });
    expect(performance.now() - started).toBeGreaterThan(1_900);
    await ended;
  });

  test.each<[string, object]>([
    ["shorter than the server's", { timeout_seconds: 60 }],
    ["all there is", {}],
  ])("is %s: the call ends, calls of other tools and other requests go on", async (_what, server) => {
    gateway.provision({ server, ...named("list_issues", { timeout_seconds: 1 }) });
    token = `token-${gateway.connect(alice, "client-a", "high").id}`;
    answerAfter(1_500);
    const { headers, body } = rpc("resources/list");
    const [own, others, resources] = await Promise.all([
      callOf("list_issues"),
      callOf("create_issue"),
      post(gateway, token, { headers, body: { ...body, id: 42 } }),
    ]);
    expect(own.body.error).toMatchObject({ message: within(1), data: { code: "UPSTREAM_TIMEOUT" } });
    expect([others.body.result, resources.body.result]).toEqual([{}, {}]);
    const codes = () => gateway.world.results.map(({ tool, code }) => `${tool} ${code}`).toSorted();
    await expect.poll(codes).toEqual(["create_issue ANSWERED", "list_issues UPSTREAM_TIMEOUT", "null ANSWERED"]);
  });
});

test("what stays open is no call", async () => {
  respond = (response) => response.writeHead(200, events).flushHeaders();
  const { headers, body } = rpc("subscriptions/listen", { notifications: {} });
  const abort = new AbortController();
  const stream = await fetch(`${gateway.url}/mcp/issues`, {
    method: "POST",
    headers: { ...json, ...headers, accept: "application/json, text/event-stream", authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
    signal: abort.signal,
  });
  const over = stream.text().catch(() => "aborted");
  expect(await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 1_500, "open"))])).toBe("open");
  abort.abort();
  expect(await over).toBe("aborted");
});
