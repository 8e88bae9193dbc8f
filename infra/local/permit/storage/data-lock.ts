import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Another live process has the data folder. Two writers on one embedded database destroy it. */
export class DataDirInUseError extends Error {}

/** When a process started, in clock ticks since boot, or "" where the system does not tell: process ids are reused. */
function startOf(pid: number): string {
  try {
    // The second field, the command, may contain spaces and brackets; what follows the last bracket is regular.
    const afterCommand = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "";
    return afterCommand.split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function holderOf(content: string): number | null {
  const [pidText = "", start = ""] = content.trim().split(" ");
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return null;
  return start === "" || start === startOf(pid) ? pid : null;
}

/**
 * Takes the folder for this process and returns what gives it back. A lock left behind by a dead process is taken
 * over. Throws DataDirInUseError.
 */
export function lockDataDir(dataDir: string): () => void {
  const lock = join(dataDir, "lock");
  const own = join(dataDir, `lock.${process.pid}`);
  const content = `${process.pid} ${startOf(process.pid)}\n`;
  // Written aside and linked, so that the lock never exists without its content.
  writeFileSync(own, content, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        linkSync(own, lock);
        return () => rmSync(lock, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      takeAwayStaleLock(lock, dataDir);
    }
    throw new DataDirInUseError(`${dataDir} is being taken by another process. Try again.`);
  } finally {
    rmSync(own, { force: true });
  }
}

function takeAwayStaleLock(lock: string, dataDir: string): void {
  const refuseIfHeld = (content: string) => {
    const holder = holderOf(content);
    if (holder === null) return;
    throw new DataDirInUseError(
      `${dataDir} is in use by the local Permit with process id ${holder}. Stop it, or start with another --data folder.`,
    );
  };
  const taken = `${lock}.stale.${process.pid}`;
  try {
    refuseIfHeld(readFileSync(lock, "utf8"));
    renameSync(lock, taken);
  } catch (error) {
    // Whoever held it has just let go: the next attempt decides.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    // Between reading and renaming, a faster process may have replaced the stale lock with its own: give it back.
    const content = readFileSync(taken, "utf8");
    if (holderOf(content) !== null) linkSync(taken, lock);
    refuseIfHeld(content);
  } finally {
    rmSync(taken, { force: true });
  }
}
