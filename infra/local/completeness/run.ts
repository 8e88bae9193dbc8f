/** `npm run soak -- audit [--requests N] [--kill-every N]`: proves that the audit log is complete, on a PostgreSQL of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startPostgresServer } from "../../testing/postgres-server.ts";
import { proveCompleteness } from "./prove.ts";

const { values } = parseArgs({
  options: { requests: { type: "string", default: "100000" }, "kill-every": { type: "string", default: "500" } },
});
const shownMax = 20;
const print = (line: string) => process.stdout.write(`${line}\n`);

const folder = mkdtempSync(join(tmpdir(), "audit-completeness-"));
const postgres = await startPostgresServer();
const startedMs = performance.now();
try {
  const proof = await proveCompleteness({
    requests: Number(values.requests),
    killEvery: Number(values["kill-every"]),
    databaseUrl: `postgres://gateway@127.0.0.1:${postgres.port}/postgres`,
    folder,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const { counts, kills, stored, shipped, repeats, verified, problems } = proof;
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  print(`${counts.requests} requests, ${kills} replicas killed, ${seconds} s`);
  print(`${counts.decisions} decisions, ${counts.allowed} of them let a call through, ${counts.results} results`);
  print(`${counts.unanswered} requests had no answer; ${counts.neverBegun} of them never arrived`);
  print(`${stored} records stored, ${shipped} shipped, ${repeats} of them more than once`);
  for (const text of verified) print(text);
  for (const problem of problems.slice(0, shownMax)) print(problem);
  if (problems.length > shownMax) print(`... and ${problems.length - shownMax} more`);
  print(
    problems.length === 0
      ? "Nothing is missing, nothing is there twice."
      : `${problems.length} problems; see ${folder}`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
  if (problems.length === 0) rmSync(folder, { recursive: true, force: true });
} finally {
  postgres.stop();
}
