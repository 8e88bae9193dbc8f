import { once } from "node:events";
import type { Writable } from "node:stream";
import type { Served } from "../one-server.ts";

/**
 * Writes a server's events to the client's stream, as fast as the client reads, until one of them ends or `signal` is aborted.
 * Throws what the server's stream broke off with, or an AbortError.
 */
export async function pump({ answer, release }: Served, output: Writable, signal: AbortSignal): Promise<void> {
  try {
    for await (const events of answer.body ?? []) {
      if (output.destroyed || signal.aborted) return;
      if (!output.write(events)) await once(output, "drain", { signal });
    }
  } finally {
    release();
  }
}
