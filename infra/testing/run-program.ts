import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { compileCache } from "../pulumi-cli/find.ts";
import type { ProgramRecord, ProgramRequest } from "./record-program.ts";

/** Runs a Pulumi program without an engine, in a process of its own. Throws what it writes on standard error. */
export async function runProgram(request: ProgramRequest): Promise<ProgramRecord> {
  const script = fileURLToPath(new URL("./record-program.ts", import.meta.url));
  const child = spawn(process.execPath, [script], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  child.stdin.end(JSON.stringify(request));
  const [output, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (status !== 0) throw new Error(`The program ended with ${status}:\n${errors}`);
  return JSON.parse(output) as ProgramRecord;
}
