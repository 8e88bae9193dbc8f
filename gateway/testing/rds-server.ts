/** A real PostgreSQL that lets users in as Amazon RDS does: over TLS alone, members of rds_iam by token alone. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type PostgresServer, startPostgresServer } from "../../infra/testing/postgres-server.ts";
import { namePrefix, startTokenCheck, type TokenCheck } from "./rds-token-check.ts";

export const master = { username: "master", password: "the master's password" };

export interface RdsServer {
  readonly port: number;
  /** File of the authority that signed the certificate for `localhost`. */
  readonly caFile: string;
  /** Another authority's. */
  readonly foreignCaFile: string;
  readonly tokens: TokenCheck["seen"];
  /** Runs statements as the master user, in `postgres` or another database. */
  asMaster(statements: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

function makeCertificates(folder: string): void {
  const openssl = (args: string) => execFileSync("openssl", args.split(" "), { cwd: folder, stdio: "pipe" });
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -subj /CN=authority`);
  openssl(`req -x509 ${key} -keyout foreign.key -out foreign.pem -subj /CN=authority`);
  openssl(
    `req -x509 ${key} -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem -subj /CN=db -addext subjectAltName=DNS:localhost`,
  );
}

/** Starts it with a master user as RDS makes one: no superuser, and the owner of `postgres`. */
export async function startRdsServer(): Promise<RdsServer> {
  const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-rds-"));
  makeCertificates(folder);
  let server: PostgresServer | undefined;
  const check = await startTokenCheck(() => `localhost:${server?.port}`);
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const hba = [
    "local all gateway trust",
    `hostssl all +rds_iam all ldap ldapserver=127.0.0.1 ldapport=${check.port} ldapprefix="${namePrefix}"`,
    "hostssl all all all scram-sha-256",
    // Only to make the master user, below.
    "hostnossl postgres gateway 127.0.0.1/32 trust",
  ].join("\n");
  server = await startPostgresServer({
    settings: { ssl: "on", ssl_cert_file: "server.pem", ssl_key_file: "server.key" },
    files: { "server.pem": read("server.pem"), "server.key": read("server.key"), "pg_hba.conf": `${hba}\n` },
  });
  const { port, stop } = server;
  const superuser = new pg.Client({ host: "127.0.0.1", port, user: "gateway", database: "postgres", ssl: false });
  await superuser.connect();
  await superuser.query(`
    create role rds_iam;
    create role ${master.username} login createdb createrole password ${pg.escapeLiteral(master.password)};
    alter database postgres owner to ${master.username};`);
  await superuser.end();
  return {
    port,
    caFile: join(folder, "ca.pem"),
    foreignCaFile: join(folder, "foreign.pem"),
    tokens: check.seen,
    asMaster: async (statements, database = "postgres") => {
      const ssl = { ca: read("ca.pem") };
      const { username: user, password } = master;
      const client = new pg.Client({ host: "localhost", port, user, password, database, ssl });
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(statements)).rows;
      } finally {
        await client.end();
      }
    },
    stop: async () => {
      stop();
      await check.close();
      rmSync(folder, { recursive: true });
    },
  };
}
