import { hostname } from "node:os";
import pg from "pg";
import { DatabaseInUseError } from "./database.ts";
import type { SqlConnection, SqlRow, Statement } from "./sql-connection.ts";

/** The PostgreSQL of the URL can't be had. The message never holds the URL: it may have a password in it. */
export class PostgresUnavailableError extends Error {}

const connectTimeoutMs = 10_000;

/** One per schema: several local Permits may share a server, or a database with a schema each. */
const lockKey = "hashtextextended('local-permit ' || current_schema(), 0)";

const holderQuery = `
  select application_name, pid, coalesce(host(client_addr), 'this machine') as client
  from pg_stat_activity where pid in (
    select pid from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())
    and ((classid::bigint << 32) | objid::bigint) = ${lockKey}
  )`;

/**
 * PostgreSQL by URL, on one connection, because the lock that keeps other processes away belongs to it: when it breaks,
 * everything after it fails. Throws DatabaseInUseError and PostgresUnavailableError.
 */
export async function openPostgres(url: string): Promise<SqlConnection> {
  const client = await connect(url);
  let broken: Error | null = null;
  const failed = new Promise<unknown>((resolve) => {
    client.on("error", (error) => {
      broken ??= error;
      resolve(error);
    });
  });
  try {
    const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lockKey}) as locked`);
    if (rows[0]?.locked !== true) throw await inUse(client);
  } catch (error) {
    await client.end();
    throw error;
  }
  const transact = async (statements: readonly Statement[]) => {
    if (broken !== null) throw broken;
    const run = async ({ text, values }: Statement) => (await client.query<SqlRow>(text, [...values])).rows;
    // One statement is a transaction by itself.
    if (statements.length === 1 && statements[0] !== undefined) return [await run(statements[0])];
    await client.query("begin");
    try {
      const results: (readonly SqlRow[])[] = [];
      for (const statement of statements) results.push(await run(statement));
      await client.query("commit");
      return results;
    } catch (error) {
      await client.query("rollback").catch(() => undefined);
      throw error;
    }
  };
  // One transaction after the other: they share the connection.
  let last: Promise<unknown> = Promise.resolve();
  const transaction = (statements: readonly Statement[]) => {
    const result = last.then(() => transact(statements));
    last = result.catch(() => undefined);
    return result;
  };
  return {
    counterType: "bigint generated always as identity primary key",
    bytesType: "bytea",
    rowsPerRead: 5_000,
    failed,
    transaction,
    lazyTransaction: async (statements) => {
      await transaction([{ text: "set local synchronous_commit = off", values: [] }, ...statements]);
    },
    close: async () => {
      await last;
      await client.end();
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      application_name: `local-permit ${hostname()} process ${process.pid}`.slice(0, 63),
      keepAlive: true,
    });
    await client.connect();
    return client;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new PostgresUnavailableError(
      `The PostgreSQL of --database can't be had: ${message || code}. Check that it runs and that the URL is right: postgres://user:password@host:5432/database.`,
    );
  }
}

async function inUse(client: pg.Client): Promise<DatabaseInUseError> {
  const { rows } = await client.query<{ application_name: string; pid: number; client: string }>(holderQuery);
  const holders = rows.map((row) => `${row.application_name} (from ${row.client}, PostgreSQL process ${row.pid})`);
  return new DatabaseInUseError(
    `The database is in use by ${holders.join(", ") || "another local Permit"}. Stop it, or start with another --database.`,
  );
}
