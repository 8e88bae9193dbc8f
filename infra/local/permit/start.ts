import { randomBytes, randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { createApp, createOpaApp } from "./http/app.ts";
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
  /** Port for OPA's paths, on the same address; 0 takes a free one. Without it there is none. */
  readonly opaPort?: number;
  /** Milliseconds from a write until decisions see it, as with Permit's service; 0, the default, is at once. */
  readonly lagMs?: number;
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
  /** Origin of OPA's paths; undefined without `opaPort`. */
  readonly opaUrl: string | undefined;
  readonly orgKey: string;
  /** The keys that this start made: nobody has seen them yet. */
  readonly newKeys: readonly NewKey[];
  /** Stops listening, waits for commits under way and closes the database. */
  close(): Promise<void>;
}

/** Many decisions are made within a millisecond, and writing out a time takes longer than comparing two numbers. */
function newClock(): () => string {
  let lastMs = 0;
  let text = "";
  return () => {
    const nowMs = Date.now();
    if (nowMs !== lastMs) {
      lastMs = nowMs;
      text = new Date(nowMs).toISOString().replace("Z", "+00:00");
    }
    return text;
  };
}

function systemEffects(lagMs: number): Effects {
  return {
    newId: randomUUID,
    newSecret: () => `permit_key_${randomBytes(32).toString("hex")}`,
    now: newClock(),
    // Timers of one delay run in the order in which they were set.
    propagate: lagMs === 0 ? (apply) => apply() : (apply) => void setTimeout(apply, lagMs).unref(),
  };
}

async function openDatabase({ dataDir, databaseUrl }: LocalPermitOptions): Promise<Database> {
  if (databaseUrl !== undefined) return openSqlDatabase(await openPostgres(databaseUrl));
  return dataDir === undefined ? openMemory() : openSqlDatabase(await openSqlite(dataDir));
}

/**
 * Starts a local Permit. Throws DatabaseInUseError, PostgresUnavailableError, DataFolderFormatError, or the system's
 * error when the port or the folder can't be had.
 */
export async function startLocalPermit(options: LocalPermitOptions): Promise<LocalPermit> {
  const { port, host = "127.0.0.1", orgKey, opaPort, lagMs = 0 } = options;
  const database = await openDatabase(options);
  const apps: FastifyInstance[] = [];
  const listen = (app: FastifyInstance, at: number) => {
    apps.push(app);
    return app.listen({ port: at, host });
  };
  const stopListening = () => Promise.all(apps.map((app) => app.close()));
  try {
    const store = await Store.open(database, systemEffects(lagMs), orgKey);
    const url = await listen(createApp(store), port);
    const opaUrl = opaPort === undefined ? undefined : await listen(createOpaApp(store), opaPort);
    let closing: Promise<void> | undefined;
    return {
      url,
      opaUrl,
      orgKey: store.organizationKey,
      newKeys:
        store.firstStart && orgKey === undefined ? [{ name: "the organization", secret: store.organizationKey }] : [],
      close: () => {
        closing ??= stopListening().then(() => store.close());
        return closing;
      },
    };
  } catch (error) {
    await stopListening();
    await database.close();
    throw error;
  }
}
