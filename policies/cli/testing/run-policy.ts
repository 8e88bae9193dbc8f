import { join } from "node:path";
import { captureProgram, type ProgramRun } from "../run-program.ts";

/** The folder `policies` of this project. */
export const policiesProject = join(import.meta.dirname, "../..");

/**
 * Runs `npm run policy -- <args>` in this process, many times faster than as one of its own. That the process passes
 * arguments, answers and exit codes on is what the tests through `policyProcess` show.
 *
 * @param cwd folder to run it in; the project's root without it
 */
export async function runPolicy(
  args: readonly string[],
  { cwd = join(policiesProject, "..") }: { readonly cwd?: string } = {},
): Promise<ProgramRun> {
  const before = process.cwd();
  // `import` takes it over for as long as its process lives.
  const { warn } = console;
  process.chdir(cwd);
  try {
    return await captureProgram(args);
  } finally {
    process.chdir(before);
    console.warn = warn;
  }
}
