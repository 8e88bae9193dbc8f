import type { Output } from "./command.ts";

/** The terminal of this process. A reader such as `head` that has seen enough ends the program. */
export function terminal({ stdout, stderr }: Pick<NodeJS.Process, "stdout" | "stderr">): Output {
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  return {
    line: (text) => stdout.write(`${text}\n`),
    note: (text) => stderr.write(`${text}\n`),
    // Back to the first column, the text, and nothing behind it.
    progress: (text = "") => stderr.isTTY && stderr.write(`\r${text.slice(0, stderr.columns - 1)}\u001b[K`),
    colors: stdout.isTTY && stdout.hasColors(),
  };
}
