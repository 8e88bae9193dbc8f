/** `tools/list` shows what this agent may call now, however the upstream frames it. */
import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

const alice = "alice@example.com";
let respond: (response: ServerResponse) => void = () => undefined;
let arrived = 0;
let raw: Awaited<ReturnType<typeof listen>>;
let gateway: GatewayFixture;
let token = "";

beforeAll(async () => {
  raw = await listen((request, response) => {
    arrived += 1;
    request.resume();
    respond(response);
  });
  gateway = await startGateway(raw.url);
});
afterAll(async () => {
  await gateway.close();
  await raw.close();
});
beforeEach(() => {
  arrived = 0;
  gateway.world.decisionsFail = false;
  gateway.world.ceilings.set(alice, "high");
  token = `token-${gateway.connect(alice, "client-a", "medium").id}`;
});

const names = ["list_issues", "delete_issue", "hidden_tool", "Create_Issue", "create_issue"];
const answer = (more: object = {}) => ({
  jsonrpc: "2.0",
  id: 1,
  result: { tools: names.map((name) => ({ name, inputSchema: { maximum: 1 } })), ...more },
});
const asJson = (body: string) => (response: ServerResponse) =>
  response.writeHead(200, { "content-type": "application/json" }).end(body);
const asEvents = (body: string) => (response: ServerResponse) =>
  response.writeHead(200, { "content-type": "text/event-stream" }).end(body);
const list = () => post(gateway, token, rpc("tools/list"));
const kept = (text: string) => names.filter((name) => text.includes(`"${name}"`));

test("JSON: only what may be called; cursor and definitions stay", async () => {
  const text = JSON.stringify(answer({ nextCursor: "page-2" })).replaceAll(
    '"maximum":1',
    '"maximum":12345678901234567890',
  );
  respond = asJson(text);
  const { body, text: seen } = await list();
  expect(body.result?.tools).toMatchObject([{ name: "list_issues" }, { name: "create_issue" }]);
  expect(body.result?.nextCursor).toBe("page-2");
  expect(body.result).not.toHaveProperty("cacheScope");
  expect(seen).toContain('"maximum":12345678901234567890');
});

test.each([{ cacheScope: "public", ttlMs: 60_000 }, { ttlMs: 1 }])("caching hints become private: %j", async (hint) => {
  respond = asJson(JSON.stringify(answer(hint)));
  expect((await list()).body.result?.cacheScope).toBe("private");
});

describe("events", () => {
  const data = JSON.stringify(answer());
  test.each([
    ["line feeds", `event: message\ndata: ${data}\n\n`],
    ["carriage returns", `event: message\rdata: ${data}\r\r\n`],
    ["both", `id: 1\r\ndata: ${data}\r\n\r\n`],
    ["no space", `data:${data}\n\n`],
    ["a byte order mark", `\uFEFFdata: ${data}\n\n`],
    ["several data lines", `data: ${data.replace(",", ",\ndata: ")}\n\n`],
    ["a comment and an empty event before", `: hello\n\nid: 7\ndata:\n\ndata: ${data}\n\n`],
    [
      "a notification before",
      `data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\ndata: ${data}\n\n`,
    ],
  ])("%s", async (_what, events) => {
    respond = asEvents(events);
    const { status, text } = await list();
    expect(status).toBe(200);
    expect(kept(text)).toEqual(["list_issues", "create_issue"]);
    if (events.includes("id: 7")) expect(text).toContain("id: 7");
    if (events.includes("notifications/message")) expect(text).toContain("notifications/message");
  });

  test("byte by byte", async () => {
    respond = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const bytes = Buffer.from(`event: message\r\ndata: ${JSON.stringify(answer({ note: "é€😀" }))}\r\n\r\n`);
      for (const byte of bytes) response.write(Buffer.from([byte]));
      response.end();
    };
    const { text } = await list();
    expect(kept(text)).toEqual(["list_issues", "create_issue"]);
    expect(text).toContain("é€😀");
  });

  test("data that can't be read ends the stream without showing it", async () => {
    respond = asEvents(`data: ${data.slice(0, -1)}\n\n`);
    const shown = await list().then(
      (seen) => seen.text,
      () => "",
    );
    expect(kept(shown)).toEqual([]);
  });

  test("an event without an end is not shown", async () => {
    respond = asEvents(`data: ${data}\n`);
    expect(kept((await list()).text)).toEqual([]);
  });

  test("a list replayed on a resumed stream is filtered as well", async () => {
    respond = asEvents(`id: 3\ndata: ${data}\n\n`);
    const response = await fetch(`${gateway.url}/mcp/issues`, {
      headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", "last-event-id": "2" },
    });
    expect(kept(await response.text())).toEqual(["list_issues", "create_issue"]);
  });
});

test.each([
  ["no JSON", "{"],
  ["a list that is no list", '{"jsonrpc":"2.0","id":1,"result":{"tools":{"0":{"name":"delete_issue"}}}}'],
])("%s: 502", async (_what, body) => {
  respond = asJson(body);
  const seen = await list();
  expect([seen.status, seen.body.error?.data.code]).toEqual([502, "UPSTREAM_UNAVAILABLE"]);
});

test("a JSON list of answers is filtered one by one", async () => {
  respond = asJson(JSON.stringify([answer()]));
  expect(kept((await list()).text)).toEqual(["list_issues", "create_issue"]);
});

test("without decisions there is no list, and the upstream is not asked", async () => {
  gateway.world.decisionsFail = true;
  respond = asJson(JSON.stringify(answer()));
  expect((await list()).body.error?.data.code).toBe("DECISION_UNAVAILABLE");
  expect(arrived).toBe(0);
});

describe("all tools of the policy, where it says so", () => {
  const all = ["list_issues", "delete_issue", "create_issue"];
  beforeEach(() => {
    gateway.world.asked.length = 0;
    gateway.provision({ server: { list_tools: "all" }, tools: { delete_issue: { trust: "high", approval: true } } });
  });
  afterEach(() => gateway.provision());

  test.each([
    ["JSON", asJson(JSON.stringify(answer()))],
    ["events", asEvents(`data: ${JSON.stringify(answer())}\n\n`)],
  ])("%s: without those of the upstream that the policy does not list", async (_what, response) => {
    respond = response;
    expect(kept((await list()).text)).toEqual(all);
    gateway.world.ceilings.set(alice, "low");
    expect(kept((await list()).text)).toEqual(all);
    expect(gateway.world.asked).toEqual([]);
  });

  test("what is listed is still decided on when it is called", async () => {
    gateway.world.ceilings.set(alice, "low");
    expect((await post(gateway, token, toolCall("create_issue"))).body.error?.data.code).toBe("CEILING_TOO_LOW");
    expect((await post(gateway, token, toolCall("delete_issue"))).body.error?.data.code).toBe("CEILING_TOO_LOW");
    expect((await post(gateway, token, toolCall("hidden_tool"))).body.error?.data.code).toBe("TOOL_UNKNOWN");
    expect(arrived).toBe(0);
  });
});

test("the list follows the ceiling", async () => {
  respond = asJson(JSON.stringify(answer()));
  gateway.world.ceilings.set(alice, "low");
  expect(kept((await list()).text)).toEqual(["list_issues"]);
  gateway.world.ceilings.delete(alice);
  expect(kept((await list()).text)).toEqual([]);
});
