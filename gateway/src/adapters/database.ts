/** The one database of a gateway: its own tables and better-auth's, through one Kysely. */
import { CompiledQuery, Kysely } from "kysely";
import type { Config } from "../config.ts";
import type { IamDatabase, UrlDatabase } from "../database-settings.ts";
import { type MemoryTarget, openEmbedded } from "./database-embedded.ts";
import { openPostgres } from "./database-postgres.ts";
import { databaseProblem } from "./database-problem.ts";
import type { Tables } from "./database-tables.ts";
import { assertMigrated, runMigrations } from "./migrations.ts";

/** A database whose tables are there. */
export interface Database {
  /** Shared by everybody: on the embedded database one lock must guard the one session it has. */
  readonly kysely: Kysely<Tables>;
  /**
   * Makes a statement that is made very often; resolves with how many rows it wrote. `name` is its own: two texts under one
   * are an error.
   */
  execute(name: string, text: string, values: readonly unknown[]): Promise<number>;
  /**
   * Runs `run` while nothing else runs under the same key, in this process and, on PostgreSQL, in all others that use
   * this database. `run` may use `kysely` freely.
   */
  exclusively<T>(key: string, run: () => Promise<T>): Promise<T>;
  /**
   * Runs `run` unless another process that uses this database runs under the same key, and resolves with whether it ran.
   * The caller has seen to this process.
   */
  ifAlone(key: string, run: () => Promise<void>): Promise<boolean>;
  close(): Promise<void>;
}

/** What `openDatabase` opens: the configured database, or one in memory for tests. */
export type DatabaseTarget = Config["database"] | MemoryTarget;

/**
 * Opens the database and brings our own tables up to date, unless `migrate` is false: what only reads must not change the
 * tables under gateways of another version. Throws DataFolderInUseError when another process has the
 * data folder, DatabaseSettingsError for settings that can't be used, and DatabaseProblem when PostgreSQL can't be.
 */
export async function openDatabase(
  target: DatabaseTarget,
  { migrate = true }: { readonly migrate?: boolean } = {},
): Promise<Database> {
  const remote = "url" in target || "host" in target;
  const driver = remote ? openPostgres(target) : openEmbedded(target);
  const kysely = new Kysely<Tables>({ dialect: driver.dialect });
  const queue = new Map<string, Promise<unknown>>();
  const database: Database = {
    kysely,
    execute:
      driver.execute ??
      (async (_name, text, values) => {
        const { numAffectedRows } = await kysely.executeQuery(CompiledQuery.raw(text, [...values]));
        return Number(numAffectedRows ?? 0);
      }),
    exclusively: (key, run) => {
      const before = queue.get(key) ?? Promise.resolve();
      const mine = before.then(() => driver.lockAcrossProcesses(key, run));
      const settled = mine
        .catch(() => undefined)
        .then(() => {
          if (queue.get(key) === settled) queue.delete(key);
        });
      queue.set(key, settled);
      return mine;
    },
    ifAlone: (key, run) => driver.ifAloneAcrossProcesses(key, run),
    close: async () => {
      await kysely.destroy();
      await driver.close();
    },
  };
  try {
    await (migrate ? runMigrations(kysely) : assertMigrated(kysely));
  } catch (error) {
    await database.close();
    throw remote ? databaseProblem(placeOf(target), error) : error;
  }
  return database;
}

/** Where a server is, without its password. */
function placeOf(target: UrlDatabase | IamDatabase): string {
  if ("host" in target) return `${target.name} at ${target.host}:${target.port}`;
  const { host, pathname } = new URL(target.url);
  return `${pathname.slice(1)} at ${host}`;
}
