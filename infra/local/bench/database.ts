/** The gateway's database in a benchmark. */
import { postgresPrograms, startPostgresServer } from "../../testing/postgres-server.ts";

export interface BenchDatabase {
  /** For the report. */
  readonly name: string;
  /** Undefined for the embedded one. */
  readonly url: string | undefined;
  stop(): void;
}

/**
 * The PostgreSQL at `url`, which must be empty; else one of the benchmark's own, as a host in production has it; the embedded
 * database where that was asked for or no PostgreSQL is installed.
 */
export async function startDatabase(options: {
  readonly url: string | undefined;
  readonly embedded: boolean;
}): Promise<BenchDatabase> {
  const { url, embedded } = options;
  if (url !== undefined) return { name: "PostgreSQL", url, stop: () => undefined };
  if (embedded || postgresPrograms() === undefined) {
    return { name: "embedded database", url: undefined, stop: () => undefined };
  }
  const { port, stop } = await startPostgresServer();
  return { name: "PostgreSQL", url: `postgres://gateway@127.0.0.1:${port}/postgres`, stop };
}
