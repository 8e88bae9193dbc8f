/** Attacks on how a request comes in: its pieces, its spelling, whom it is for, and how long it may last. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bytesHeld, inBytes } from "../testing/open-chunks.ts";
import { alice, gateway, prepareAttackedGateway, raw, token, upstream } from "./attacked-gateway.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

prepareAttackedGateway();

/** Sends the bytes and resolves with all that comes back until the gateway closes the connection. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(bytes, "latin1");
  return text(socket);
}

const ownHost = () => new URL(gateway.url).host;
const ping = raw('"method":"ping"');
/** What a request of a good agent has beside its first line, its `Host` and the length of its body. */
const usual = () => `authorization: Bearer ${token}\r\ncontent-type: application/json\r\nconnection: close\r\n`;

describe("a body in chunks of one byte", () => {
  const begin = () => `POST /mcp/issues HTTP/1.1\r\nhost: ${ownHost()}\r\n${usual()}transfer-encoding: chunked\r\n\r\n`;
  const note = "x".repeat(100_000);

  test("is read as what it says", async () => {
    const call = raw(`"method":"tools/call","params":{"name":"delete_issue","arguments":{"note":"${note}"}}`);
    expect(await exchange(`${begin()}${inBytes(call)}0\r\n\r\n`)).toMatch(/ 200 OK.*CONSENT_TOO_LOW/s);
    expect(gateway.world.audit).toMatchObject([{ tool: "delete_issue", decision: "deny" }]);
    expect(upstream.requests).toEqual([]);
  });

  test("costs about its bytes while it is open", async () => {
    // Kept chunks would take tens of megabytes.
    expect(await bytesHeld(gateway.app, begin(), note)).toBeLessThan(8_000_000);
  });
});

test("a body for an address that there is not is neither parsed nor waited for", async () => {
  const head = `POST /api/nothing HTTP/1.1\r\nhost: ${ownHost()}\r\n${usual()}content-length: 1000\r\n\r\n`;
  expect(await exchange(`${head}{"a`)).toMatch(/ 404 Not Found.*NOT_FOUND/s);
});

describe("a second spelling, for servers that match keys without regard to case", () => {
  test.each([
    ["ref", '"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"a"},"Ref":{}}', "Ref"],
    ["its type", '"method":"completion/complete","params":{"ref":{"type":"ref/prompt","Type":"x"}}', "Type"],
    ["its type alone", '"method":"completion/complete","params":{"ref":{"TYPE":"ref/resource"}}', "TYPE"],
    ["its name", '"method":"completion/complete","params":{"ref":{"type":"ref/prompt","Name":"x"}}', "Name"],
    ["its uri", '"method":"completion/complete","params":{"ref":{"type":"ref/resource","URI":"x"}}', "URI"],
    ["the parent of ref", '"method":"completion/complete","params":{"ref":{"__proto__":{}}}', "__proto__"],
    ["a task id", '"method":"ping","params":{"taskId":"1","TaskID":"2"}', "TaskID"],
    ["notifications", '"method":"ping","params":{"Notifications":{"resourcesListChanged":true}}', "Notifications"],
    // U+017F is upper-cased to S.
    ["notifications with a long s", '"method":"ping","params":{"notification\u017f":{}}', "notification\u017f"],
  ])("of %s is refused", async (_what, fields, member) => {
    gateway.provision({ server: { prompts: "low", resources: "low" } });
    const { status, body } = await post(gateway, token, { body: raw(fields) });
    expect([status, body.error?.data.code]).toEqual([400, "MESSAGE_INVALID"]);
    expect(body.error?.message).toContain(`The member "${member}" of params`);
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.requests.filter(({ decision }) => decision === "allow")).toEqual([]);
  });

  test("the spelling of the specification goes on", async () => {
    gateway.provision({ server: { prompts: "low" } });
    const params = '"params":{"ref":{"type":"ref/prompt","name":"a"},"argument":{"name":"Type","value":"Ref"}}';
    await post(gateway, token, { body: raw(`"method":"completion/complete",${params}`) });
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("a subscription without a filter", () => {
  test.each([
    ["none", {}],
    ["null", { notifications: null }],
    ["a list", { notifications: [{ resourcesListChanged: true }] }],
    ["true", { notifications: true }],
  ])("%s: refused, and nothing is subscribed", async (_what, params) => {
    const { status, body } = await post(gateway, token, rpc("subscriptions/listen", params));
    expect([status, body.error?.data.code]).toEqual([400, "MESSAGE_INVALID"]);
    expect(body.error?.message).toBe("The notifications of a subscription must be an object.");
    expect(upstream.requests).toEqual([]);
  });
});

describe("a number that no double can hold is no object", () => {
  test.each([
    ["params", '"method":"tools/list","params":1e400', "The params of an MCP message must be an object."],
    ["arguments", '"method":"tools/call","params":{"name":"list_issues","arguments":1e400}', "can't be a number"],
    ["_meta", '"method":"tools/list","params":{"_meta":1e400}', "can't be a number"],
    ["ref", '"method":"completion/complete","params":{"ref":12345678901234567890}', "can't be a number"],
    ["the name of a tool", '"method":"tools/call","params":{"name":1e400}', "can't be a number"],
  ])("%s", async (_what, fields, reason) => {
    gateway.provision({ server: { prompts: "low", resources: "low" } });
    const { status, body } = await post(gateway, token, { body: raw(fields) });
    expect([status, body.error?.data.code]).toEqual([400, "MESSAGE_INVALID"]);
    expect(body.error?.message).toContain(reason);
    expect(upstream.requests).toEqual([]);
  });

  test.each(['"id":1e400', '"id":1.0', '"id":9007199254740993'])("%s: no id", async (id) => {
    const { status, body } = await post(gateway, token, { body: `{"jsonrpc":"2.0",${id},"method":"ping"}` });
    expect([status, body.error?.data.code]).toEqual([400, "MESSAGE_INVALID"]);
    expect(upstream.requests).toEqual([]);
  });

  test("as a filter", async () => {
    const body = JSON.stringify(rpc("subscriptions/listen").body).replace(
      '"params":{',
      '"params":{"notifications":1e400,',
    );
    const answer = await post(gateway, token, { headers: rpc("subscriptions/listen").headers, body });
    expect([answer.status, answer.body.error?.data.code]).toEqual([400, "MESSAGE_INVALID"]);
    expect(upstream.requests).toEqual([]);
  });

  test("within the arguments of a tool it goes on as it is", async () => {
    const { headers, body } = toolCall("list_issues", { note: 1 });
    const sent = JSON.stringify(body).replace('"note":1', '"note":1e400');
    expect((await post(gateway, token, { headers, body: sent })).status).toBe(200);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("whom a request is for", () => {
  const send = (target: string, hosts: readonly string[]) =>
    exchange(
      `POST ${target} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join("")}${usual()}content-length: ${ping.length}\r\n\r\n${ping}`,
    );

  test.each<[string, () => string[]]>([
    ["ours first", () => [ownHost(), "evil.example"]],
    ["ours last", () => ["evil.example", ownHost()]],
    ["ours both times", () => [ownHost(), ownHost()]],
  ])("two Host lines, %s: 400", async (_what, hosts) => {
    for (const target of ["/mcp/issues", "/nothing", `${gateway.url}/mcp/issues`]) {
      const answer = await send(target, hosts());
      expect(answer).toMatch(/^HTTP\/1\.1 400 .*REQUEST_INVALID.*more than one Host/s);
    }
    expect(upstream.requests).toEqual([]);
  });

  test.each<[string, () => string]>([
    ["of another host", () => "http://evil.example"],
    ["of another port", () => "http://localhost:1"],
    ["of another scheme", () => gateway.url.replace("http:", "https:")],
    ["of ours with a user before it", () => gateway.url.replace("//", "//evil.example@")],
    ["of ours as the user", () => `${gateway.url}@evil.example`],
    ["of a name that begins as ours", () => gateway.url.replace("localhost", "localhost.evil.example")],
    ["of a name that ends as ours", () => gateway.url.replace("//", "//evil.example.")],
  ])("a target %s, with our Host: 421", async (_what, origin) => {
    for (const path of ["/mcp/issues", "/nothing"]) {
      expect(await send(`${origin()}${path}`, [ownHost()])).toMatch(/^HTTP\/1\.1 421 .*HOST_MISDIRECTED/s);
    }
    expect(upstream.requests).toEqual([]);
  });

  test("a target with our own origin is served, whatever Host says", async () => {
    for (const host of [ownHost(), "evil.example"]) {
      upstream.requests.length = 0;
      await send(`${gateway.url}/mcp/issues`, [host]);
      expect(upstream.requests).toHaveLength(1);
    }
    upstream.requests.length = 0;
    await send("/mcp/issues", [ownHost()]);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("GET and DELETE", () => {
  let behind: GatewayFixture;
  let server: Awaited<ReturnType<typeof listen>>;
  let respond: (response: ServerResponse, request: IncomingMessage) => void;
  let ended: Promise<void>;
  let bearer = "";
  const json = { "content-type": "application/json" };
  const events = { "content-type": "text/event-stream" };

  beforeAll(async () => {
    server = await listen((request, response) => {
      ended = new Promise((resolve) => response.once("close", resolve));
      request.resume();
      respond(response, request);
    });
    behind = await startGateway(server.url);
    behind.provision({ server: { timeout_seconds: 1 } });
    behind.world.ceilings.set(alice, "high");
    bearer = `token-${behind.connect(alice, "client-a", "low").id}`;
  });
  afterAll(async () => {
    await behind.close();
    await server.close();
  });
  beforeEach(() => {
    behind.world.sessions.length = 0;
  });

  const ask = (method: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${behind.url}/mcp/issues`, {
      method,
      headers: { accept: "text/event-stream", authorization: `Bearer ${bearer}`, ...headers },
      ...(signal === undefined ? {} : { signal }),
    });

  test.each<[string, string, (response: ServerResponse) => void]>([
    ["DELETE", "never answered", () => undefined],
    ["DELETE", "answered with JSON that never ends", (response) => response.writeHead(200, json).write("{")],
    ["GET", "never answered", () => undefined],
    ["GET", "answered with JSON that never ends", (response) => response.writeHead(200, json).write("{")],
  ])("a %s that is %s: over after the server's time, there too", async (method, _what, how) => {
    respond = how;
    const answer = await ask(method);
    expect([answer.status, (await answer.json()).error.data.code]).toEqual([400, "UPSTREAM_TIMEOUT"]);
    await ended;
    expect(behind.world.sessions).toEqual([]);
  });

  test("a GET's stream of events has no limit", async () => {
    respond = (response) => response.writeHead(200, events).flushHeaders();
    const abort = new AbortController();
    const stream = await ask("GET", {}, abort.signal);
    const over = stream.text().catch(() => "aborted");
    expect(await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 1_500, "open"))])).toBe("open");
    abort.abort();
    expect(await over).toBe("aborted");
    await ended;
  });

  test("a DELETE is on record where it ended a session, and nowhere else", async () => {
    respond = (response) =>
      response.writeHead(200, { ...json, "mcp-session-id": "s" }).end('{"jsonrpc":"2.0","id":1,"result":{}}');
    for (let count = 0; count < 3; count += 1) expect((await ask("DELETE")).status).toBe(200);
    expect(behind.world.sessions).toEqual([]);
    const opened = await post(behind, bearer, { body: raw('"method":"initialize","params":{}') });
    const session = opened.headers.get("mcp-session-id") ?? "";
    expect((await ask("DELETE", { "mcp-session-id": session })).status).toBe(200);
    expect(behind.world.sessions.map(({ event }) => event)).toEqual(["session_opened", "session_ended"]);
  });
});
