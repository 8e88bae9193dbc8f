/** Streams without a call behind them: they end with the consent, and they don't keep the gateway from stopping. */
import type { ServerResponse } from "node:http";
import { profileKey } from "@permit-mcp-gateway/policies";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { rpc, toolCall } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

const alice = "alice@example.com";
let upstream: Awaited<ReturnType<typeof listen>>;
let gateway: GatewayFixture;
const streams: ServerResponse[] = [];

beforeAll(async () => {
  upstream = await listen((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": open\n\n");
    streams.push(response);
  });
});
afterAll(() => upstream.close());
afterEach(async () => {
  vi.useRealTimers();
  streams.length = 0;
  await gateway.close();
});

async function open(message?: ReturnType<typeof rpc>): Promise<{ ended: Promise<boolean>; grantId: string }> {
  gateway = await startGateway(upstream.url);
  gateway.world.ceilings.set(alice, "high");
  const grant = gateway.connect(alice, "client-a", "low");
  const response = await fetch(`${gateway.url}/mcp/issues`, {
    method: message === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer token-${grant.id}`,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...message?.headers,
    },
    ...(message === undefined ? {} : { body: JSON.stringify(message.body) }),
  });
  expect(response.status).toBe(200);
  const ended = response.text().then(
    () => true,
    () => true,
  );
  return { ended, grantId: grant.id };
}

const revoke = (grantId: string) => {
  const grant = gateway.world.grants.get(grantId);
  if (grant !== undefined) gateway.world.grants.set(grantId, { ...grant, revokedAt: gateway.world.now });
};
const term = { ceiling: "high", until: "2026-11-23" } as const;

test.each<[string, string, ReturnType<typeof rpc> | undefined, (grantId: string) => void]>([
  ["the stream of server messages", "the consent is revoked", undefined, revoke],
  ["a subscription", "the consent is revoked", rpc("subscriptions/listen", { notifications: {} }), revoke],
  [
    "the stream of server messages",
    "the policy's grant ends",
    undefined,
    () => gateway.provision({ server: { grant_terms: { [profileKey(alice)]: [term] } } }),
  ],
  [
    "the stream of server messages",
    "the policy can't be enforced any more",
    undefined,
    () => gateway.provision({ server: { requires: ["mutual-tls"] } }),
  ],
])("%s ends when %s", async (_what, _when, message, end) => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const { ended, grantId } = await open(message);
  await vi.advanceTimersByTimeAsync(5_000);
  const still = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 100, "open"))]);
  expect(still).toBe("open");

  end(grantId);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await ended).toBe(true);
  await expect.poll(() => streams[0]?.destroyed).toBe(true);
});

const subscription = rpc("subscriptions/listen", { notifications: { toolsListChanged: true } });
test.each<[string, ReturnType<typeof rpc> | undefined, object]>([
  ["the stream of server messages", undefined, {}],
  ["a subscription", subscription, { params: { _meta: { "io.modelcontextprotocol/subscriptionId": 1 } } }],
])(
  "%s is told when the agent's tools have become others, once, and between whole events",
  async (_what, message, rest) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    gateway = await startGateway(upstream.url);
    gateway.world.ceilings.set(alice, "high");
    const grant = gateway.connect(alice, "client-a", "high");
    const response = await fetch(`${gateway.url}/mcp/issues`, {
      method: message === undefined ? "GET" : "POST",
      headers: {
        ...{ authorization: `Bearer token-${grant.id}`, "content-type": "application/json", ...message?.headers },
        accept: "application/json, text/event-stream",
      },
      ...(message === undefined ? {} : { body: JSON.stringify(message.body) }),
    });
    const read = response.text();
    streams[0]?.write('data: {"jsonrpc":"2.0","method":"notifications/first"}\n\n');
    await vi.advanceTimersByTimeAsync(15_000);
    await expect.poll(() => gateway.world.asked.length).toBeGreaterThan(3);
    // Half an event is on its way: nothing may get into the middle of it.
    streams[0]?.write('data: {"jsonrpc":"2.0",');
    gateway.world.ceilings.set(alice, "low");
    gateway.world.asked.length = 0;
    await vi.advanceTimersByTimeAsync(30_000);
    await expect.poll(() => gateway.world.asked.length).toBeGreaterThan(3);
    streams[0]?.end('"method":"notifications/second"}\n\n');
    const messages = [...(await read).matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? "") as object);
    const changed = { jsonrpc: "2.0", method: "notifications/tools/list_changed", ...rest };
    expect(messages).toEqual([
      { jsonrpc: "2.0", method: "notifications/first" },
      changed,
      { jsonrpc: "2.0", method: "notifications/second" },
    ]);
  },
);

test("a subscription that did not ask for it is not told", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const { ended } = await open(rpc("subscriptions/listen", { notifications: { toolsListChanged: false } }));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(gateway.world.asked).toEqual([]);
  streams[0]?.end();
  await ended;
});

test("however many streams of an agent are open, a call of another gets its connection to the upstream", async () => {
  gateway = await startGateway(upstream.url);
  gateway.world.ceilings.set(alice, "high");
  const [waiting, calling] = [gateway.connect(alice, "client-a", "low"), gateway.connect(alice, "client-b", "low")];
  const headersOf = (grantId: string) => ({
    authorization: `Bearer token-${grantId}`,
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
  });
  const abort = new AbortController();
  const stream = { signal: abort.signal, headers: headersOf(waiting.id) };
  // Kept: a response that nobody holds is given up by the collector, and its stream with it.
  const open = await Promise.all(Array.from({ length: 300 }, () => fetch(`${gateway.url}/mcp/issues`, stream)));
  const { headers, body } = toolCall("list_issues");
  const call = await fetch(`${gateway.url}/mcp/issues`, {
    method: "POST",
    headers: { ...headersOf(calling.id), ...headers },
    body: JSON.stringify(body),
  });
  expect(call.status).toBe(200);
  await call.body?.cancel();
  expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]));
  abort.abort();
});

test("stopping ends open streams and lets calls finish", async () => {
  const { ended } = await open();
  const { headers, body } = toolCall("list_issues");
  const call = await fetch(`${gateway.url}/mcp/issues`, {
    method: "POST",
    headers: { authorization: "Bearer token-grant-1", "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const closing = gateway.app.close();
  expect(await ended).toBe(true);
  streams[1]?.end("data: 1\n\n");
  expect(await call.text()).toContain("data: 1");
  await closing;
});
