/** `npm run policy -- <command>`: what can be done with policy files without a running host. */
import type { Output } from "./command.ts";
import { runProgram } from "./run-program.ts";

const { stdout, stderr } = process;
const output: Output = {
  line: (text) => stdout.write(`${text}\n`),
  note: (text) => stderr.write(`${text}\n`),
  // Back to the first column, the text, and nothing behind it.
  progress: (text = "") => stderr.isTTY && stderr.write(`\r${text.slice(0, stderr.columns - 1)}\u001b[K`),
  colors: stdout.isTTY && stdout.hasColors(),
};

// A reader such as `head` that has seen enough is no failure of the program.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await runProgram(process.argv.slice(2), output);
