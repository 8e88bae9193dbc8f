/**
 * The end of the process, in an order that loses no call: first it says that it is not ready and goes on answering, so
 * that a load balancer has time to send new requests elsewhere; then it takes no more, ends open streams and lets calls
 * finish; what still runs when the time is up ends with an error that the client can read.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Shutdown } from "./deps/process.ts";

/** After the time is up: for the last errors to be written, connections to be cut, records to be shipped, the database to be closed. */
const lastWordsMs = 5_000;

/** How long each part of the end may take, in milliseconds. */
export interface ShutdownTimes {
  /** From the signal until no more requests are taken. */
  readonly delayMs: number;
  /** From then until calls that still run are ended. */
  readonly timeoutMs: number;
}

/** Drives a `Shutdown`. */
export interface ShutdownController extends Shutdown {
  /**
   * Runs the whole end once, `close` being what takes no more requests and resolves when the last has been answered.
   * Resolves when that is done; throws what `close` throws, and when it has not ended five seconds after the time is up.
   */
  run(times: ShutdownTimes, close: () => Promise<void>): Promise<void>;
}

/** A shutdown that has not begun. */
export function createShutdown(): ShutdownController {
  const begun = new AbortController();
  const overdue = new AbortController();
  return {
    begun: begun.signal,
    overdue: overdue.signal,
    run: async ({ delayMs, timeoutMs }, close) => {
      begun.abort();
      await sleep(delayMs);
      const timer = setTimeout(() => overdue.abort(), timeoutMs);
      const giveUp = sleep(timeoutMs + lastWordsMs, undefined, { ref: false }).then(() => {
        throw new Error("The gateway could not close its connections in time.");
      });
      try {
        await Promise.race([close(), giveUp]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
