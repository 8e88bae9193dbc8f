/** What a program is told: messages leave in order, one that gets stuck is the end of all that would follow it. */
import { lineOf, maxLineBytes } from "./json-lines.ts";
import { leaveTimeoutMs, type Message } from "./message-channel.ts";
import type { Program } from "./program.ts";

/** After an abort a message that is on its way has so long to leave, in milliseconds: a pipe that moves takes no longer. */
const graceMs = 1_000;

/**
 * Writes messages to a program's input. A line that has begun can't be taken back, so where one does not leave in time the
 * program takes no input: it is ended, and `onStuck` called. `failure` says how the program went.
 */
export function programInput(
  { child, stop }: Program,
  { failure, onStuck }: { failure(): Promise<Error>; onStuck(): void },
): (message: Message, signal: AbortSignal | undefined) => Promise<void> {
  const giveUp = () => {
    onStuck();
    void stop();
  };
  return (message, signal) =>
    new Promise((resolve, reject) => {
      const fail = () => void failure().then(reject);
      // Whoever sends on without being heard would fill the memory until the time of the first is up.
      if (child.stdin.writableLength > maxLineBytes) {
        giveUp();
        return fail();
      }
      let timer = setTimeout(giveUp, leaveTimeoutMs);
      const hurry = () => {
        clearTimeout(timer);
        timer = setTimeout(giveUp, graceMs);
      };
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", hurry);
      };
      signal?.addEventListener("abort", hurry, { once: true });
      // Called with an error too when the program goes before.
      child.stdin.write(lineOf(message), (error) => {
        settle();
        if (error == null) return resolve();
        // It may have closed its input and go on: nobody could use it any more.
        void stop();
        fail();
      });
    });
}
