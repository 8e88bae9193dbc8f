import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Thrown when another process uses the data folder. The message says what to do. */
export class DataFolderInUseError extends Error {}

/**
 * Takes the data folder for this process and returns the release. Throws DataFolderInUseError when another one has it:
 * the embedded database has no server of its own, so two processes writing its files would destroy them.
 *
 * The lock is SQLite's lock on an empty file, which is the kernel's: a process that is killed leaves no stale lock
 * behind, and containers sharing a volume see each other where comparing process ids would not.
 */
export function lockDataFolder(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const pidFile = join(dataDir, "gateway.pid");
  const lock = new DatabaseSync(join(dataDir, "gateway.lock"), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    throw new DataFolderInUseError(
      `The data folder ${dataDir} is used by another gateway${readPid(pidFile)}. ` +
        "End that one, or set DATA_DIR to another folder, or DATABASE_URL to share one database.",
      { cause },
    );
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return () => lock.close();
}

function readPid(file: string): string {
  try {
    return ` (process ${readFileSync(file, "utf8").trim()})`;
  } catch {
    return "";
  }
}
