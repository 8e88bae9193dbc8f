/**
 * The program that makes a host's own database and user on Amazon RDS or Aurora, before the gateway starts. Its
 * environment is the gateway's `DATABASE_*` with the master user's secret beside it. Ends with 0 when all is there.
 */
import pg from "pg";
import { z } from "zod";
import { DatabaseSettingsError, rdsTls } from "./adapters/database-connection.ts";
import { DatabaseProblem, databaseProblem } from "./adapters/database-problem.ts";
import { HostDatabaseError, makeHostDatabase } from "./adapters/host-database.ts";
import { databaseServerFields } from "./database-settings.ts";
import { jsonVariable } from "./json-variable.ts";

const connectTimeoutMs = 30_000;

const masterSecret = jsonVariable('{"username":"...","password":"..."}').pipe(
  z.object({ username: z.string().min(1), password: z.string().min(1) }),
);

const environmentSchema = z.object({
  DATABASE_HOST: databaseServerFields.host,
  DATABASE_PORT: databaseServerFields.port,
  DATABASE_NAME: databaseServerFields.name,
  DATABASE_USER: databaseServerFields.user,
  DATABASE_CA_FILE: databaseServerFields.caFile,
  /** As Secrets Manager keeps it for RDS. */
  DATABASE_MASTER_SECRET: masterSecret,
});

async function setUp(environment: NodeJS.ProcessEnv): Promise<void> {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new HostDatabaseError(`The database can't be set up, the environment is incomplete:\n${lines.join("\n")}`);
  }
  const env = parsed.data;
  const { username: user, password } = env.DATABASE_MASTER_SECRET;
  const ssl = rdsTls(env.DATABASE_CA_FILE);
  const connect = async (database: string) => {
    const { DATABASE_HOST: host, DATABASE_PORT: port } = env;
    const timeouts = { connectionTimeoutMillis: connectTimeoutMs };
    const client = new pg.Client({ host, port, database, user, password, ssl, ...timeouts });
    try {
      await client.connect();
    } catch (error) {
      throw databaseProblem(`${database} at ${host}:${port}`, error);
    }
    return client;
  };
  const target = { database: env.DATABASE_NAME, user: env.DATABASE_USER };
  await makeHostDatabase(target, connect, (line) => process.stdout.write(`${line}\n`));
}

try {
  await setUp(process.env);
} catch (error) {
  const explained = [HostDatabaseError, DatabaseProblem, DatabaseSettingsError].some((kind) => error instanceof kind);
  const { message, stack, detail } = error as Error & { readonly detail?: string };
  // The server's own words, such as a right that the master user does not have.
  const said =
    error instanceof pg.DatabaseError ? [`The database can't be set up: ${message}.`, detail].join(" ").trim() : stack;
  process.stderr.write(`${explained ? message : (said ?? message)}\n`);
  process.exitCode = 1;
}
