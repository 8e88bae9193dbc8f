/** What a request costs that has sent its body in chunks of one byte, and not ended it. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FastifyInstance } from "fastify";
import { expect } from "vitest";

/** A body as chunks of one byte, without the end. */
export function inBytes(body: string): string {
  return body.replaceAll(/./gs, "1\r\n$&\r\n");
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

/**
 * Bytes of memory that this process holds after `head`, which ends with an empty line, and `body` have arrived at the server,
 * more than before. A chunk that is kept takes hundreds.
 */
export async function bytesHeld(app: FastifyInstance, head: string, body: string): Promise<number> {
  const collect = collector();
  const used = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const { port } = new URL(app.listeningOrigin);
  const arrived = once(app.server, "connection") as Promise<[Socket]>;
  const socket = connect(Number(port), "localhost");
  const [served] = await arrived;
  const sent = head + inBytes(body);
  const before = used();
  socket.write(sent);
  await expect.poll(() => served.bytesRead, { timeout: 15_000 }).toBe(sent.length);
  const held = used() - before;
  socket.destroy();
  return held;
}
