/**
 * Before all tests: a real PostgreSQL, its URL in DATABASE_URL_TEST. Where none is installed CI fails and a laptop goes on
 * with a line that says so.
 */
import { postgresPrograms, startPostgresServer } from "../../infra/testing/postgres-server.ts";

/** Vitest global setup. Returns the teardown. */
export async function setup(): Promise<(() => void) | undefined> {
  if (process.env.DATABASE_URL_TEST !== undefined) return undefined;
  if (postgresPrograms() === undefined) {
    const message = "PostgreSQL is not installed (apt-get install postgresql)";
    if (process.env.CI !== undefined) throw new Error(`${message}: its tests can't run.`);
    process.stdout.write(`${message}: its tests are skipped.\n`);
    return undefined;
  }
  const { port, stop } = await startPostgresServer();
  process.env.DATABASE_URL_TEST = `postgres://gateway@127.0.0.1:${port}/postgres`;
  return stop;
}
