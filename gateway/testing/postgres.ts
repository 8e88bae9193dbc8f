/**
 * Before all tests: a real PostgreSQL of its own on a free port, from the machine's packages, its URL in
 * DATABASE_URL_TEST. Where none is installed CI fails and a laptop goes on with a line that says so.
 */
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const packages = "/usr/lib/postgresql";

function binaries(): string | undefined {
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

/** Vitest global setup. Returns the teardown. */
export async function setup(): Promise<(() => void) | undefined> {
  if (process.env.DATABASE_URL_TEST !== undefined) return undefined;
  const bin = binaries();
  if (bin === undefined) {
    const message = "PostgreSQL is not installed (apt-get install postgresql)";
    if (process.env.CI !== undefined) throw new Error(`${message}: its tests can't run.`);
    process.stdout.write(`${message}: its tests are skipped.\n`);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-postgres-"));
  const root = process.getuid?.() === 0;
  // PostgreSQL refuses to run as root: the package's own user runs it then.
  const user = root ? { uid: id("-u"), gid: id("-g") } : {};
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const run = (program: string, args: readonly string[]) =>
    execFileSync(join(bin, program), args, { ...user, cwd: folder, stdio: "ignore" });
  const data = join(folder, "data");
  const port = await freePort();
  run("initdb", ["-D", data, "-U", "gateway", "-A", "trust", "-E", "UTF8", "--no-sync"]);
  run("pg_ctl", ["start", "-w", "-D", data, "-l", join(folder, "log"), "-o", `-p ${port} -h 127.0.0.1 -k ${folder}`]);
  process.env.DATABASE_URL_TEST = `postgres://gateway@127.0.0.1:${port}/postgres`;
  return () => {
    run("pg_ctl", ["stop", "-m", "immediate", "-D", data]);
    rmSync(folder, { recursive: true });
  };
}

function id(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
}
