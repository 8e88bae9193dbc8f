/** The end of the process: what still runs when its time is up hears of it, and nothing can hold it up. */
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, toolCall } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

const alice = "alice@example.com";
let respond: (response: ServerResponse) => void = () => undefined;
let reached: () => void = () => undefined;
let upstream: Awaited<ReturnType<typeof listen>>;
let gateway: GatewayFixture;
let token = "";

beforeAll(async () => {
  upstream = await listen((request, response) => {
    request.resume();
    respond(response);
    reached();
  });
});
afterAll(() => upstream.close());
beforeEach(async () => {
  gateway = await startGateway(upstream.url);
  gateway.world.ceilings.set(alice, "high");
  token = `token-${gateway.connect(alice, "client-a", "low").id}`;
});

const sentence = "The gateway is being restarted and could not wait for the answer. The call may have taken effect.";
const data = { code: "GATEWAY_STOPPING", reason: sentence, server: "issues", tool: "list_issues" };
const refusal = { jsonrpc: "2.0", id: 7, error: { code: -32603, message: sentence, data } };
const event = 'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n';
const end = (delayMs: number, timeoutMs: number) => gateway.shutdown.run({ delayMs, timeoutMs }, gateway.close);

async function startCall(answer: (response: ServerResponse) => void): Promise<{ answer: Promise<unknown> }> {
  respond = answer;
  const arrived = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const call = post(gateway, token, toolCall("list_issues", {}, 7));
  await arrived;
  return { answer: call.then(({ status, body, text }) => ({ status, body, text })) };
}

test("a call without an answer gets an error that says what to do, and one record, of the allow", async () => {
  const call = await startCall(() => undefined);
  await end(0, 50);
  expect(await call.answer).toMatchObject({ status: 200, body: refusal });
  expect(gateway.world.audit.map(({ decision, code }) => [decision, code])).toEqual([["allow", "ALLOWED"]]);
});

test("a stream of events ends with the error as its last event", async () => {
  const call = await startCall((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(event);
  });
  await end(0, 50);
  const text = `${event}event: message\ndata: ${JSON.stringify(refusal)}\n\n`;
  expect(await call.answer).toMatchObject({ status: 200, text });
});

test("an answer in time is passed on whole", async () => {
  const call = await startCall((response) => {
    setTimeout(
      () => response.writeHead(200, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":7,"result":{}}'),
      300,
    );
  });
  const startedAt = Date.now();
  await end(0, 10_000);
  expect(await call.answer).toMatchObject({ status: 200, body: { result: {} } });
  expect(Date.now() - startedAt).toBeLessThan(5_000);
});

test("during the delay it is not ready, and still answers", async () => {
  const ended = end(1_500, 50);
  const ready = await fetch(`${gateway.url}/readyz`);
  expect([ready.status, await ready.json(), ready.headers.get("connection")]).toEqual([
    503,
    { status: "stopping" },
    "close",
  ]);
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  respond = (response) =>
    response.writeHead(200, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":7,"result":{}}');
  expect((await post(gateway, token, toolCall("list_issues", {}, 7))).body.result).toEqual({});
  await ended;
  await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();
});

test("a client that never finishes its request is cut off", async () => {
  const { port } = new URL(gateway.url);
  const socket = connect(Number(port), "127.0.0.1").resume();
  socket.on("error", () => undefined);
  const { headers } = toolCall("list_issues");
  const lines = Object.entries({ host: new URL(gateway.url).host, authorization: `Bearer ${token}`, ...headers });
  socket.write(`POST /mcp/issues HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}`);
  socket.write("content-type: application/json\r\ncontent-length: 100\r\n\r\n{");
  await new Promise((resolve) => setTimeout(resolve, 100));
  const startedAt = Date.now();
  await end(0, 100);
  expect(Date.now() - startedAt).toBeLessThan(5_000);
  await expect.poll(() => socket.destroyed).toBe(true);
});

test("a client that has connected and asked for nothing holds nothing up", async () => {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1").resume();
  await new Promise((resolve) => socket.once("connect", resolve));
  await gateway.close();
  await expect.poll(() => socket.destroyed).toBe(true);
});
