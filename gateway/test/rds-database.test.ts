/** The database on Amazon RDS: made by its own program, and opened with IAM tokens over verified TLS. */
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { postgresPrograms } from "../../infra/testing/postgres-server.ts";
import { openDatabase } from "../src/adapters/database.ts";
import type { IamDatabase, UrlDatabase } from "../src/database-settings.ts";
import { master, type RdsServer, startRdsServer } from "../testing/rds-server.ts";
import { awsKey } from "../testing/rds-token-check.ts";

const program = fileURLToPath(new URL("../src/database-setup.ts", import.meta.url));
let server: RdsServer;

async function setUp(name: string, user = name, changes: Record<string, string> = {}) {
  const env = {
    DATABASE_HOST: "localhost",
    DATABASE_PORT: String(server.port),
    DATABASE_NAME: name,
    DATABASE_USER: user,
    DATABASE_CA_FILE: server.caFile,
    DATABASE_MASTER_SECRET: JSON.stringify(master),
    ...changes,
  };
  const child = spawn(process.execPath, [program], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  expect(stdout + stderr).not.toContain(master.password);
  return { status, stdout, stderr };
}

async function startCredentials(): Promise<{ readonly url: string; close(): void }> {
  const { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey } = awsKey;
  const Expiration = new Date(Date.now() + 3_600_000).toISOString();
  const answer = JSON.stringify({ AccessKeyId, SecretAccessKey, Token: "session==", Expiration });
  const endpoint = createServer((_request, response) => response.end(answer));
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  const { port } = endpoint.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/credentials`, close: () => endpoint.close() };
}

const target = (name: string, changes: Partial<IamDatabase> = {}): IamDatabase => ({
  ...{ host: "localhost", port: server.port, name, user: name, caFile: server.caFile },
  ...changes,
});
async function openAndClose(settings: IamDatabase | UrlDatabase): Promise<string> {
  try {
    const database = await openDatabase(settings);
    await database.close();
    return "open";
  } catch (error) {
    return (error as Error).message;
  }
}
const databases = async () =>
  (await server.asMaster("select datname from pg_database order by 1")).map(({ datname }) => datname);

describe.skipIf(postgresPrograms() === undefined)("Amazon RDS", () => {
  beforeAll(async () => {
    server = await startRdsServer();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    for (const [name, value] of Object.entries({ ...awsKey, AWS_REGION: "eu-central-1" })) vi.stubEnv(name, value);
    server.tokens.length = 0;
  });

  test("a host's database is made, once, and opened with a new token for each connection", async () => {
    const first = await setUp("acme-prod");
    expect(first).toEqual({
      status: 0,
      stderr: "",
      stdout: [
        'user "acme-prod": made',
        'database "acme-prod": made',
        'database "postgres": closed to users that have no right to it',
        "",
      ].join("\n"),
    });
    const second = await setUp("acme-prod");
    expect(second).toEqual({
      status: 0,
      stderr: "",
      stdout: 'user "acme-prod": is there\ndatabase "acme-prod": is there\n',
    });

    // As on ECS, where the credentials of the task's role are temporary and come from an address.
    const role = await startCredentials();
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", role.url);
    for (const name of Object.keys(awsKey)) vi.stubEnv(name, undefined);
    const database = await openDatabase(target("acme-prod"));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5_000 });
    // Eight at once need more connections than the first.
    const select = () => database.kysely.selectFrom("gateway_grant").select("id").execute();
    await Promise.all(Array.from({ length: 8 }, select));
    vi.useRealTimers();
    await database.close();
    role.close();
    expect(server.tokens.length).toBeGreaterThan(1);
    expect(server.tokens.filter(({ problem, user }) => problem !== undefined || user !== "acme-prod")).toEqual([]);
    expect(new Set(server.tokens.map(({ token }) => token)).size).toBeGreaterThan(1);
    for (const { token } of server.tokens) expect(token).toContain("X-Amz-Security-Token=session%3D%3D");
    const [rights] = await server.asMaster(
      "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = 'acme-prod'",
    );
    expect(Object.values(rights ?? {})).toEqual([false, false, false, false, false]);
    expect(
      (await server.asMaster("select rolname from pg_roles where pg_has_role('master', oid, 'member')")).map(
        ({ rolname }) => rolname,
      ),
    ).toEqual([master.username]);
  });

  test("a host's user gets into no other database", async () => {
    expect([(await setUp("host_a")).status, (await setUp("host_b")).status]).toEqual([0, 0]);
    expect(await openAndClose(target("host_a"))).toBe("open");
    for (const name of ["host_b", "postgres"]) {
      expect(await openAndClose(target("host_a", { name }))).toContain(`permission denied for database "${name}"`);
    }
  });

  test("replicas that set up at the same time don't get in each other's way", async () => {
    const outcomes = await Promise.all([setUp("twice"), setUp("twice"), setUp("twice")]);
    expect(outcomes.map(({ status, stderr }) => [status, stderr])).toEqual(Array(3).fill([0, ""]));
    expect(outcomes.filter(({ stdout }) => stdout.includes('database "twice": made')).length).toBe(1);
  });

  test("a name is a name, whatever it holds", async () => {
    const before = await databases();
    const hostile = `x"; drop role master; --'`;
    expect(await setUp(hostile)).toMatchObject({ status: 0, stderr: "" });
    expect(await databases()).toEqual([...before, hostile].toSorted());
    expect(await openAndClose(target(hostile))).toBe("open");
  });

  test("what is not this host's, or can't be trusted, is refused, and nothing made", async () => {
    await server.asMaster("create role operator createdb");
    const roles = "select rolname from pg_roles order by 1";
    const before = [await databases(), await server.asMaster(roles)];
    const cases: readonly [
      what: string,
      name: string,
      user: string,
      changes: Record<string, string>,
      message: string,
    ][] = [
      [
        "the master user as the host's",
        "host_c",
        "master",
        {},
        "DATABASE_USER is the master user. Name one for the host alone.",
      ],
      [
        "another host's database",
        "host_a",
        "host_c",
        {},
        'Database "host_a" is used by "host_a". Each host needs its own.',
      ],
      [
        "another host's user",
        "host_c",
        "host_a",
        {},
        'User "host_a" has rights on database "host_a". Each host needs its own.',
      ],
      ["a user with power", "host_c", "operator", {}, 'User "operator" is there and may do more than a host\'s user.'],
      [
        "somebody else's database",
        "template1",
        "host_c",
        {},
        'Database "template1" is there and not the master user\'s.',
      ],
      ["a name that PostgreSQL would cut", "n".repeat(64), "host_c", {}, "DATABASE_NAME: must be 1 to 63 bytes"],
      ["no name", "", "host_c", {}, "DATABASE_NAME: must be 1 to 63 bytes"],
      [
        "a secret of another shape",
        "host_c",
        "host_c",
        { DATABASE_MASTER_SECRET: "the master's password" },
        'DATABASE_MASTER_SECRET: must be JSON: {"username":"...","password":"..."}',
      ],
      [
        "a wrong password",
        "host_c",
        "host_c",
        { DATABASE_MASTER_SECRET: '{"username":"master","password":"no"}' },
        'can\'t be used: password authentication failed for user "master"',
      ],
      ["an authority that is not believed", "host_c", "host_c", { DATABASE_CA_FILE: "" }, "DATABASE_CA_FILE"],
      [
        "a file that is not there",
        "host_c",
        "host_c",
        { DATABASE_CA_FILE: "/nowhere.pem" },
        "DATABASE_CA_FILE: /nowhere.pem can't be read.",
      ],
      [
        "another name than the certificate's",
        "host_c",
        "host_c",
        { DATABASE_HOST: "127.0.0.1" },
        "Its certificate is for another name",
      ],
    ];
    const refusals = cases.map(async ([what, name, user, changes, message]) => {
      const { status, stderr } = await setUp(name, user, changes);
      expect([what, status, stderr]).toEqual([what, 1, expect.stringContaining(message) as string]);
      expect(stderr).not.toMatch(/\n\s+at /);
    });
    await Promise.all(refusals);
    expect([await databases(), await server.asMaster(roles)]).toEqual(before);
  });

  test("what the master user may not do is said in the server's words", async () => {
    await server.asMaster(
      "create role weak login createrole password 'weak'; grant connect on database postgres to weak",
    );
    const refused = await setUp("host_w", "host_w", {
      DATABASE_MASTER_SECRET: '{"username":"weak","password":"weak"}',
    });
    expect(refused).toMatchObject({
      status: 1,
      stderr: "The database can't be set up: permission denied to create database.\n",
    });
  });

  test("by URL: verified, or not at all", async () => {
    const { caFile, foreignCaFile, port } = server;
    const password = encodeURIComponent(master.password);
    const url = (query: string) => `postgres://master:${password}@localhost:${port}/postgres${query}`;
    const verified = url("?sslmode=verify-full");
    expect(await openAndClose({ url: verified, caFile })).toBe("open");
    expect(await openAndClose({ url: verified, caFile: foreignCaFile })).toContain("set DATABASE_CA_FILE");
    expect(await openAndClose({ url: verified })).toContain("set DATABASE_CA_FILE");
    const onLoopback = await openAndClose({ url: url("") });
    expect(onLoopback).toContain("no encryption");
    expect(onLoopback).not.toContain(master.password);
  });

  test("the gateway does not log in without the right token, or to a server that it can't verify", async () => {
    expect((await setUp("host_d")).status).toBe(0);
    expect(await openAndClose(target("host_d", { caFile: server.foreignCaFile }))).toContain("set DATABASE_CA_FILE");
    // The authorities of Amazon RDS, which did not sign this one.
    expect(await openAndClose(target("host_d", { caFile: undefined }))).toContain("set DATABASE_CA_FILE");
    expect(await openAndClose(target("host_d", { host: "127.0.0.1" }))).toContain("for another name");
    expect(server.tokens).toEqual([]);

    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "somebody else's");
    expect(await openAndClose(target("host_d"))).toContain("the task's role rds-db:connect");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", awsKey.AWS_SECRET_ACCESS_KEY);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 16 * 60 * 1000 });
    expect(await openAndClose(target("host_d"))).toContain("the task's role rds-db:connect");
    vi.useRealTimers();
    expect(server.tokens.map(({ problem }) => problem)).toEqual(["signed by somebody else", "expired"]);
    expect(await openAndClose(target("host_e", { name: "host_d" }))).toContain("the task's role rds-db:connect");
    expect(await openAndClose(target("host_d"))).toBe("open");
  });
});
