/** A PostgreSQL that is gone without a word: nothing is closed, nothing is answered. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { afterAll, expect, test, vi } from "vitest";
import { openPostgres } from "./database-postgres.ts";

const url = process.env.DATABASE_URL_TEST;
const sockets = new Set<Socket>();
afterAll(() => {
  for (const socket of sockets) socket.destroy();
});

/** Passes on what goes there and back, until it is told to swallow it. */
async function openTunnel(target: URL) {
  const state = { swallows: false };
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => state.swallows || to.write(chunk));
      from.on("error", () => undefined).on("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { state, server, url: Object.assign(new URL(target), { hostname: "127.0.0.1", port: String(port) }).href };
}

test.skipIf(url === undefined)(
  "a statement that is not answered fails in time, and the next one has another connection",
  async () => {
    const tunnel = await openTunnel(new URL(url ?? ""));
    const { execute, close } = openPostgres({ url: tunnel.url, caFile: undefined });
    const one = () => execute?.("one", "select 1", []);
    expect(await one()).toBe(1);
    tunnel.state.swallows = true;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const outcome = expect(one()).rejects.toThrow(/terminated/);
    await vi.advanceTimersByTimeAsync(10_000);
    await outcome;
    vi.useRealTimers();
    tunnel.state.swallows = false;
    expect(await one()).toBe(1);
    await expect(execute?.("wrong", "select from nowhere", [])).rejects.toMatchObject({ code: "42P01" });
    expect(await one()).toBe(1);
    await close();
    tunnel.server.close();
  },
);
