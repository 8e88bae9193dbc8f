import { PostgresDialect } from "kysely";
import pg from "pg";
import type { IamDatabase, UrlDatabase } from "../database-settings.ts";
import { connectionOptions } from "./database-connection.ts";
import type { DatabaseDriver } from "./database-driver.ts";

const executeTimeoutMs = 10_000;

/** The error when it is of the connection, which is then closed; undefined for what the server says of a statement. */
function connectionError(error: unknown): Error | undefined {
  return error instanceof pg.DatabaseError ? undefined : (error as Error);
}

/** PostgreSQL. Connects on first use. Throws DatabaseSettingsError. */
export function openPostgres(target: UrlDatabase | IamDatabase): DatabaseDriver {
  const options = connectionOptions(target);
  const pool = new pg.Pool({ ...options, max: 10, connectionTimeoutMillis: 5_000 });
  // Locks are held on connections of their own: work under a lock takes connections of `pool`, and if holders filled
  // that pool too, all of them would wait for each other.
  const lockPool = new pg.Pool({ ...options, max: 4, connectionTimeoutMillis: 30_000 });
  // A connection that breaks is replaced on next use; without a listener the event would end the process. The pool listens
  // to those that are idle; one that is in use, by a statement or for a lock, has told whoever waits for its answer.
  for (const each of [pool, lockPool]) {
    each.on("error", () => undefined);
    each.on("connect", (client) => client.on("error", () => undefined));
  }
  return {
    dialect: new PostgresDialect({ pool }),
    execute: async (name, text, values) => {
      const connection = await pool.connect();
      let released = false;
      const release = (error?: Error) => {
        if (!released) connection.release(error);
        released = true;
      };
      // A server that is gone without a word would keep the statement for as long as TCP tries again: a quarter of an hour.
      const timer = setTimeout(() => release(new Error("no answer in time")), executeTimeoutMs);
      try {
        // With a name it is parsed once for each connection.
        const { rowCount } = await connection.query({ name, text, values: [...values] });
        release();
        return rowCount ?? 0;
      } catch (error) {
        release(connectionError(error));
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    lockAcrossProcesses: (key, run) =>
      withLock(lockPool, async (connection) => {
        await connection.query("select pg_advisory_lock(hashtextextended($1, 0))", [key]);
        return run();
      }),
    ifAloneAcrossProcesses: (key, run) =>
      withLock(lockPool, async (connection) => {
        const query = "select pg_try_advisory_lock(hashtextextended($1, 0)) as locked";
        const { rows } = await connection.query<{ locked: boolean }>(query, [key]);
        if (rows[0]?.locked !== true) return false;
        await run();
        return true;
      }),
    close: () => lockPool.end(),
  };
}

/** Gives back the connection with no lock on it, whatever `run` took. */
async function withLock<T>(pool: pg.Pool, run: (connection: pg.PoolClient) => Promise<T>): Promise<T> {
  const connection = await pool.connect();
  let broken = true;
  try {
    try {
      return await run(connection);
    } finally {
      await connection.query("select pg_advisory_unlock_all()");
      broken = false;
    }
  } finally {
    // A connection that may still hold the lock must not go back to the pool: closing it ends the lock.
    connection.release(broken);
  }
}
