import { spawn } from "node:child_process";
import { join } from "node:path";
import { policiesProject } from "./run-policy.ts";

/** What became of a run of the program. */
export interface PolicyRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the program as `npm run policy -- <args>` does while this process goes on, so that a server of the test can
 * answer it. `env` is the whole environment beside PATH and
 * where Node keeps what it has compiled.
 *
 * @param input what it reads on standard input
 * @param onNote called with all of standard error so far, whenever more has come
 */
export async function policyProcess(
  args: readonly string[],
  {
    env = {},
    input = "",
    onNote,
  }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
    readonly onNote?: (stderr: string) => void;
  } = {},
): Promise<PolicyRun> {
  const child = spawn(process.execPath, [join(policiesProject, "cli/main.ts"), ...args], {
    cwd: join(policiesProject, ".."),
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
    stdio: "pipe",
  });
  child.stdin.end(input);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    onNote?.(stderr);
  });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, stdout, stderr };
}
