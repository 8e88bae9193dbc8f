import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { DatabaseInUseError } from "./database.ts";
import type { SqlConnection, SqlRow } from "./sql-connection.ts";
import type { ThreadAnswer, ThreadRequest } from "./sqlite-thread.ts";

/** The folder holds what this version can't read. */
export class DataFolderFormatError extends Error {}

/** Low byte of the extended codes (https://www.sqlite.org/rescode.html). */
const sqliteBusy = 5;

interface Waiting {
  readonly resolve: (rows: readonly (readonly SqlRow[])[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * SQLite in a folder, in a thread of its own. Throws DatabaseInUseError when another process has the folder: the lock
 * is the kernel's, so that a killed process leaves none behind and containers that share a volume see each other.
 */
export async function openSqlite(dataDir: string): Promise<SqlConnection> {
  refuseFormerFormat(dataDir);
  // It holds API keys in clear.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const pidFile = join(dataDir, "permit.pid");
  const file = join(dataDir, "permit.sqlite");
  // A folder that was there may be open to others. Only a new file: closing one gives up its locks in this process.
  if (!existsSync(file)) writeFileSync(file, "", { mode: 0o600, flag: "a" });
  const connection = startThread(file);
  try {
    await connection.transaction([]);
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
    return connection;
  } catch (error) {
    await connection.close();
    if (!(error instanceof SqliteError) || ((error.errcode ?? 0) & 0xff) !== sqliteBusy) throw error;
    throw new DatabaseInUseError(
      `${dataDir} is in use by the local Permit with process id ${readPid(pidFile)}. Stop it, or start with another --data folder.`,
      { cause: error },
    );
  }
}

class SqliteError extends Error {
  readonly errcode: number | undefined;

  constructor(message: string, errcode: number | undefined) {
    super(message);
    this.errcode = errcode;
  }
}

function refuseFormerFormat(dataDir: string): void {
  if (!existsSync(join(dataDir, "database", "PG_VERSION")) || existsSync(join(dataDir, "permit.sqlite"))) return;
  throw new DataFolderFormatError(
    `${dataDir} was written by an earlier version, which this one can't read. Start with another --data folder, or delete this one to start afresh.`,
  );
}

function readPid(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "unknown";
  }
}

function startThread(file: string): SqlConnection {
  const worker = new Worker(new URL("./sqlite-thread.ts", import.meta.url), {
    workerData: file,
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  const waiting: Waiting[] = [];
  let ended: Error | null = null;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  const exit = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const failed = new Promise<unknown>((resolve) => worker.once("error", resolve));
  worker.on("error", (error) => end(error instanceof Error ? error : new Error(String(error))));
  worker.on("exit", () => end(new Error("The database is closed.")));
  worker.on("message", (answer: ThreadAnswer) => {
    const next = waiting.shift();
    if ("rows" in answer) next?.resolve(answer.rows);
    else next?.reject(new SqliteError(answer.message, answer.errcode));
  });
  const run = (request: ThreadRequest): Promise<readonly (readonly SqlRow[])[]> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(ended);
      waiting.push({ resolve, reject });
      worker.postMessage(request);
    });
  return {
    counterType: "integer primary key",
    bytesType: "blob",
    // Few: a large message between threads leaves its buffers behind in the memory of the process.
    rowsPerRead: 200,
    failed,
    transaction: (statements) => run({ statements, lazy: false }),
    lazyTransaction: async (statements) => {
      await run({ statements, lazy: true });
    },
    close: async () => {
      if (ended === null) worker.postMessage("close");
      await exit;
    },
  };
}
