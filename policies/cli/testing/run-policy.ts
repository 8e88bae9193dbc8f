import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** The folder `policies` of this project. */
export const policiesProject = join(import.meta.dirname, "../..");

/** How to run the program. */
export interface RunOptions {
  /** Folder to run it in; the project's root without it. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
}

/** Runs the program as `npm run policy -- <args>` does, as a process of its own. */
export function runPolicy(args: readonly string[], { cwd = join(policiesProject, ".."), ...options }: RunOptions = {}) {
  const command = [join(policiesProject, "cli/main.ts"), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd, ...options, encoding: "utf8" });
  return { status, stdout, stderr };
}
