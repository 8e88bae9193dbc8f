/** Silent streams: a comment now and then, where it can't be taken for a part of anything. */
import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { keepAliveMs } from "../src/mcp/keep-alive.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { toolCall } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

const alice = "alice@example.com";
const comment = ": keep-alive\n\n";
let upstream: Awaited<ReturnType<typeof listen>>;
let gateway: GatewayFixture;
let server: ServerResponse;

beforeAll(async () => {
  upstream = await listen((request, response) => {
    request.resume();
    server = response.writeHead(200, { "content-type": "text/event-stream" });
    server.flushHeaders();
  });
  gateway = await startGateway(upstream.url);
  gateway.world.ceilings.set(alice, "high");
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

async function open() {
  const { headers, body } = toolCall("list_issues");
  const { id } = gateway.connect(alice, "client-a", "low");
  const response = await fetch(`${gateway.url}/mcp/issues`, {
    method: "POST",
    headers: { ...headers, authorization: `Bearer token-${id}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    /** Resolves once all that came so far is this. */
    seen: async (expected: string) => {
      while (text.length < expected.length) {
        const { value, done } = (await reader?.read()) ?? { done: true, value: "" };
        if (done) break;
        text += value;
      }
      expect(text).toBe(expected);
    },
    end: () => reader?.read().then(({ done }) => done),
  };
}

test("a comment every 15 seconds of silence, between events only", async () => {
  expect(keepAliveMs).toBe(15_000);
  const stream = await open();
  vi.advanceTimersByTime(keepAliveMs);
  await stream.seen(comment);
  server.write("event: message\ndata: 1");
  await stream.seen(`${comment}event: message\ndata: 1`);
  vi.advanceTimersByTime(10 * keepAliveMs);
  server.write("\n");
  await stream.seen(`${comment}event: message\ndata: 1\n`);
  vi.advanceTimersByTime(keepAliveMs);
  server.write("\n");
  await stream.seen(`${comment}event: message\ndata: 1\n\n`);
  vi.advanceTimersByTime(keepAliveMs - 1);
  server.write(": hello\r\n\r\n");
  await stream.seen(`${comment}event: message\ndata: 1\n\n: hello\r\n\r\n`);
  // Silence begins anew with whatever is said.
  vi.advanceTimersByTime(keepAliveMs - 1);
  vi.advanceTimersByTime(1);
  await stream.seen(`${comment}event: message\ndata: 1\n\n: hello\r\n\r\n${comment}`);
  server.end();
  expect(await stream.end()).toBe(true);
});
