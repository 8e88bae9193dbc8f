import { randomBytes, randomUUID } from "node:crypto";
import { createApp } from "./http/app.ts";
import type { Effects } from "./state/effects.ts";
import type { Database } from "./storage/database.ts";
import { openMemory } from "./storage/memory-database.ts";
import { openPostgres } from "./storage/postgres-connection.ts";
import { openSqlDatabase } from "./storage/sql-database.ts";
import { openSqlite } from "./storage/sqlite-connection.ts";
import { Store } from "./storage/store.ts";

/** How to start a local Permit. */
export interface LocalPermitOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Address to listen on; loopback by default, because the port gives whoever has the key everything. */
  readonly host?: string;
  /** Folder for everything that outlives the process; in memory without it. */
  readonly dataDir?: string;
  /** PostgreSQL to keep everything in, instead of a folder: `postgres://user:password@host:5432/database`. */
  readonly databaseUrl?: string;
  /** Key of the organization; without it the stored one, or at first start a new one. */
  readonly orgKey?: string;
}

/** A key that was just made. */
export interface NewKey {
  /** Whose, in words. */
  readonly name: string;
  readonly secret: string;
}

/** A running local Permit: control plane and decision point at one URL. */
export interface LocalPermit {
  /** Origin, for example `http://127.0.0.1:7766`: `apiUrl` and `pdp` of the SDK. */
  readonly url: string;
  readonly orgKey: string;
  /** The keys that this start made: nobody has seen them yet. */
  readonly newKeys: readonly NewKey[];
  /** Stops listening, waits for commits under way and closes the database. */
  close(): Promise<void>;
}

const effects: Effects = {
  newId: randomUUID,
  newSecret: () => `permit_key_${randomBytes(32).toString("hex")}`,
  now: () => new Date().toISOString().replace("Z", "+00:00"),
};

async function openDatabase({ dataDir, databaseUrl }: LocalPermitOptions): Promise<Database> {
  if (databaseUrl !== undefined) return openSqlDatabase(await openPostgres(databaseUrl));
  return dataDir === undefined ? openMemory() : openSqlDatabase(await openSqlite(dataDir));
}

/**
 * Starts a local Permit. Throws DatabaseInUseError, PostgresUnavailableError, DataFolderFormatError, or the system's
 * error when the port or the folder can't be had.
 */
export async function startLocalPermit(options: LocalPermitOptions): Promise<LocalPermit> {
  const { port, host = "127.0.0.1", orgKey } = options;
  const database = await openDatabase(options);
  try {
    const store = await Store.open(database, effects, orgKey);
    const app = createApp(store);
    const url = await app.listen({ port, host });
    let closing: Promise<void> | undefined;
    return {
      url,
      orgKey: store.organizationKey,
      newKeys:
        store.firstStart && orgKey === undefined ? [{ name: "the organization", secret: store.organizationKey }] : [],
      close: () => {
        closing ??= app.close().then(() => store.close());
        return closing;
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
