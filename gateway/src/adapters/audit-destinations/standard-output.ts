import type { Writable } from "node:stream";
import type { SettingsOf } from "../../audit-destination-forms.ts";
import type { AuditBatchLimits, AuditDestination } from "../../deps/audit.ts";
import { inTurn } from "./in-turn.ts";

/** Small, because it is what is written again when the process ends in the middle of a delivery. */
const limits: AuditBatchLimits = {
  records: 500,
  bytes: 1_048_576,
  bytesPerRecord: 1,
  spanMs: Number.POSITIVE_INFINITY,
};

/** PIPE_BUF of pipe(7) on Linux: a write up to this is never mixed with another. */
const unmixedBytes = 4_096;

/**
 * Lines on standard output, beside those of the log. A line counts when the kernel has taken it (`write` has called back);
 * a reader that is slow makes it wait. What the reader does with it is beyond what a process can know.
 *
 * The log writes to the same pipe. Lines go together for as long as they are not mixed with it; a longer one goes by itself
 * and can be, when the pipe is full at that moment.
 */
export function createStandardOutputDestination(
  { name }: SettingsOf<"stdout">,
  stream: Writable = process.stdout,
): AuditDestination {
  // The callback of the write has the error as well; an event that nobody listens to would end the process.
  const ignore = () => undefined;
  stream.on("error", ignore);
  const write = (text: string) =>
    new Promise<void>((resolve, reject) => {
      stream.write(text, (error) => {
        if (error) reject(new Error("Standard output does not take audit records any more.", { cause: error }));
        else resolve();
      });
    });
  return {
    name,
    limits,
    deliver: inTurn(async (lines) => {
      let together = "";
      let bytes = 0;
      for (const { line } of lines) {
        const size = Buffer.byteLength(line) + 1;
        if (together !== "" && bytes + size > unmixedBytes) {
          await write(together);
          together = "";
          bytes = 0;
        }
        together += `${line}\n`;
        bytes += size;
      }
      if (together !== "") await write(together);
      return 0;
    }),
    // The stream is the process's own and stays open.
    close: () => void stream.off("error", ignore),
  };
}
