import { type LocalPermit, startLocalPermit } from "../start.ts";
import { explainStart } from "./explain-start.ts";
import { readServeOptions, serveUsage } from "./serve-options.ts";

/** Runs until SIGINT or SIGTERM. Resolves with the exit code. Throws UsageError. */
export async function serve(args: readonly string[]): Promise<number> {
  const options = readServeOptions(args, process.env);
  if (options === null) {
    process.stdout.write(serveUsage);
    return 0;
  }
  let permit: LocalPermit;
  try {
    permit = await startLocalPermit(options);
  } catch (error) {
    process.stderr.write(`${explainStart(error, options)}\n`);
    return 1;
  }
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  const where = options.dataDir === undefined && options.databaseUrl === undefined ? ", in memory only" : "";
  process.stderr.write(`Local Permit listens on ${permit.url}${where}.\n`);
  if (permit.opaUrl !== undefined) process.stderr.write(`OPA's paths are at ${permit.opaUrl}.\n`);
  if ((options.lagMs ?? 0) > 0) process.stderr.write(`Decisions see a write ${options.lagMs} ms after it.\n`);
  for (const { name, secret } of permit.newKeys) {
    process.stderr.write(`Key of ${name}, printed this once: ${secret}\n`);
  }
  process.stdout.write(`${JSON.stringify({ ready: true, url: permit.url, opaUrl: permit.opaUrl })}\n`);
  await signalled;
  await permit.close();
  return 0;
}
