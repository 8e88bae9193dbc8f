import { randomUUID } from "node:crypto";
import pg from "pg";
import { openMemoryDatabase } from "../../../testing/memory-database.ts";
import { type Database, openDatabase } from "../../adapters/database.ts";

/** An empty database. Closing it also removes it. */
export interface TestDatabase {
  readonly database: Database;
  /** The same database as a second process sees it. The embedded one has no second process: there it is the same. */
  connectAgain(): Promise<Database>;
}

/** A way to get an empty database. */
export interface TestDatabaseKind {
  readonly name: string;
  /** Not while other tests run: the embedded database keeps the process busy for longer than a connection may take. */
  open(): Promise<TestDatabase>;
}

async function openEmbedded(): Promise<TestDatabase> {
  const database = await openMemoryDatabase();
  return { database, connectAgain: async () => ({ ...database, close: async () => undefined }) };
}

async function openEmptyPostgres(adminUrl: string): Promise<TestDatabase> {
  const name = `gateway_test_${randomUUID().replaceAll("-", "")}`;
  const administer = async (statement: string) => {
    const admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
    await admin.query(statement);
    await admin.end();
  };
  await administer(`create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const database = await openDatabase({ url: url.href });
  return {
    database: {
      ...database,
      close: async () => {
        await database.close();
        await administer(`drop database ${name} with (force)`);
      },
    },
    connectAgain: () => openDatabase({ url: url.href }),
  };
}

/** The embedded database, and PostgreSQL where DATABASE_URL_TEST names one that allows `create database`. */
export const testDatabases: readonly TestDatabaseKind[] = [
  { name: "PGlite", open: openEmbedded },
  ...(process.env.DATABASE_URL_TEST === undefined
    ? []
    : [{ name: "PostgreSQL", open: () => openEmptyPostgres(process.env.DATABASE_URL_TEST ?? "") }]),
];
