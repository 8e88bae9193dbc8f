/**
 * The thread that has the SQLite file: a commit waits for the disk, and decisions must not wait with it. Started by
 * sqlite-connection.ts with the path of the file; messages are answered in the order of their arrival.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { SqlRow, Statement } from "./sql-connection.ts";

/** What the thread is asked: one transaction. After a lazy one the disk is not waited for. */
export interface ThreadRequest {
  readonly statements: readonly Statement[];
  readonly lazy: boolean;
}

/** What the thread answers: the rows of each statement, or what went wrong. */
export type ThreadAnswer =
  | { readonly rows: readonly (readonly SqlRow[])[] }
  | { readonly message: string; readonly errcode: number | undefined };

const port = parentPort;
if (port === null) throw new Error("This file is the code of a worker thread.");
let database: DatabaseSync | null = null;
const prepared = new Map<string, StatementSync>();

function open(): DatabaseSync {
  const opened = new DatabaseSync(String(workerData), { timeout: 0 });
  // Pages of logged decisions are written over and over: of 32 MB in the log a checkpoint writes the last version of each
  // only. Exclusive: the kernel's lock on the file is held until the process ends, however it ends. Full: a commit is on the
  // disk when it is acknowledged.
  opened.exec(
    "pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -4096; pragma wal_autocheckpoint = 8000",
  );
  opened.exec("begin exclusive; commit");
  return opened;
}

function run(connection: DatabaseSync, { text, values }: Statement): readonly SqlRow[] {
  let statement = prepared.get(text);
  if (statement === undefined) {
    statement = connection.prepare(text.replaceAll(/\$(\d+)/g, "?$1"));
    // Statements with another number of rows are other statements: only so many are worth keeping.
    if (prepared.size < 64) prepared.set(text, statement);
  }
  return statement.all(...values).map((row) => ({ ...row }) as SqlRow);
}

let isLazy = false;

function transact({ statements, lazy }: ThreadRequest): ThreadAnswer {
  try {
    database ??= open();
    const connection = database;
    if (lazy !== isLazy) connection.exec(`pragma synchronous = ${lazy ? "normal" : "full"}`);
    isLazy = lazy;
    connection.exec("begin immediate");
    try {
      const rows = statements.map((statement) => run(connection, statement));
      connection.exec("commit");
      return { rows };
    } catch (error) {
      if (connection.isTransaction) connection.exec("rollback");
      throw error;
    }
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    return { message, errcode };
  }
}

port.on("message", (request: ThreadRequest | "close") => {
  if (request !== "close") {
    port.postMessage(transact(request));
    return;
  }
  database?.close();
  port.close();
});
