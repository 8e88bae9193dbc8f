/** A real PostgreSQL of its own on a free port, from the machine's packages. */
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const packages = "/usr/lib/postgresql";

/** Where the programs of the newest installed PostgreSQL are; undefined when none is installed. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(packages)) return undefined;
  return readdirSync(packages)
    .map((version) => join(packages, version, "bin"))
    .findLast((folder) => existsSync(join(folder, "initdb")));
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** A server that runs, with the superuser `gateway`. */
export interface PostgresServer {
  readonly port: number;
  stop(): void;
}

/** Additions to a plain server. `files` are written into the data folder before the start, by name. */
export interface PostgresServerOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** Starts it; by default everybody on this machine is let in. Throws when PostgreSQL is not installed. */
export async function startPostgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error("PostgreSQL is not installed (apt-get install postgresql).");
  const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-postgres-"));
  const root = process.getuid?.() === 0;
  // PostgreSQL refuses to run as root: the package's own user runs it then.
  const user = root ? { uid: id("-u"), gid: id("-g") } : {};
  const give = (path: string) => {
    if (user.uid !== undefined && user.gid !== undefined) chownSync(path, user.uid, user.gid);
  };
  give(folder);
  const run = (program: string, args: readonly string[]) =>
    execFileSync(join(bin, program), args, { ...user, cwd: folder, stdio: "ignore" });
  const data = join(folder, "data");
  const port = await freePort();
  run("initdb", ["-D", data, "-U", "gateway", "-A", "trust", "-E", "UTF8", "--no-sync"]);
  for (const [name, text] of Object.entries(options.files ?? {})) {
    const path = join(data, name);
    writeFileSync(path, text, { mode: 0o600 });
    give(path);
  }
  const settings = Object.entries(options.settings ?? {}).map(([name, value]) => ` -c ${name}=${value}`);
  const flags = `-p ${port} -h 127.0.0.1 -k ${folder}${settings.join("")}`;
  run("pg_ctl", ["start", "-w", "-D", data, "-l", join(folder, "log"), "-o", flags]);
  return {
    port,
    stop: () => {
      run("pg_ctl", ["stop", "-m", "immediate", "-D", data]);
      rmSync(folder, { recursive: true });
    },
  };
}

function id(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
}
