/** `npm run policy -- <command>`: what can be done with policy files without a running host. */
import { runProgram } from "./run-program.ts";
import { terminal } from "./terminal.ts";

process.exitCode = await runProgram(process.argv.slice(2), terminal(process));
