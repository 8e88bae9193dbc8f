/** A PostgreSQL that a test can end in the middle and start again, on disks that it chooses. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { postgresPrograms } from "../../infra/testing/postgres-server.ts";

/** Whether PostgreSQL is here. The global setup has said so, or failed in CI. */
export const hasPostgres = postgresPrograms() !== undefined;

export interface CrashingPostgres {
  readonly url: string;
  /** Whether its main process runs. */
  runs(): boolean;
  start(): void;
  /** Ends all its processes without a word, as the kernel does when the machine's memory is used up. */
  crash(): void;
  /** What its own log says. */
  readonly logFile: string;
}

export interface CrashingPostgresOptions {
  /** For its data; made by `mkdtemp`, say, and taken away by the caller. */
  readonly folder: string;
  /** For the write-ahead log, where it is not with the data. */
  readonly walFolder?: string;
  /** For its own log, and what must not fill up. */
  readonly logFolder: string;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

const postgresId = (flag: "-u" | "-g") => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));

/** Starts it. Segments of the write-ahead log have a megabyte, so that a small disk holds several. */
export async function startCrashingPostgres(options: CrashingPostgresOptions): Promise<CrashingPostgres> {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error("PostgreSQL is not installed (apt-get install postgresql).");
  // PostgreSQL refuses to run as root: the package's own user runs it then.
  const user = process.getuid?.() === 0 ? { uid: postgresId("-u"), gid: postgresId("-g") } : undefined;
  const folderIn = (parent: string, name: string) => {
    const path = join(parent, name);
    // Its user has to come through.
    chmodSync(parent, 0o755);
    mkdirSync(path, { mode: 0o700 });
    if (user !== undefined) chownSync(path, user.uid, user.gid);
    return path;
  };
  const logFolder = folderIn(options.logFolder, "postgres");
  const data = folderIn(options.folder, "data");
  const wal = options.walFolder === undefined ? [] : ["-X", folderIn(options.walFolder, "wal")];
  const logFile = join(logFolder, "log");
  const settings = { ...user, cwd: logFolder, stdio: "ignore" as const };
  const run = (program: string, ...args: readonly string[]) => execFileSync(join(bin, program), args, settings);
  const port = await freePort();
  run("initdb", "-D", data, "-U", "gateway", "-A", "trust", "-E", "UTF8", "--no-sync", "--wal-segsize=1", ...wal);
  const flags = `-p ${port} -h 127.0.0.1 -k ${logFolder} -c min_wal_size=2MB -c max_wal_size=4MB`;
  const start = () => void run("pg_ctl", "start", "-w", "-D", data, "-l", logFile, "-o", flags);
  start();
  return {
    logFile,
    url: `postgres://gateway@127.0.0.1:${port}/postgres`,
    runs: () => spawnSync(join(bin, "pg_ctl"), ["status", "-D", data], settings).status === 0,
    start,
    crash: () => void run("pg_ctl", "stop", "-m", "immediate", "-D", data),
  };
}
