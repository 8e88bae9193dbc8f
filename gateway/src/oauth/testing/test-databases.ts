import { randomUUID } from "node:crypto";
import pg from "pg";
import { type Database, openDatabase } from "../../adapters/database.ts";

/** A way to get an empty database. */
export interface TestDatabaseKind {
  readonly name: string;
  open(): Promise<Database>;
}

async function openEmptyPostgres(adminUrl: string): Promise<Database> {
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
    ...database,
    close: async () => {
      await database.close();
      await administer(`drop database ${name} with (force)`);
    },
  };
}

/** The embedded database, and PostgreSQL where DATABASE_URL_TEST names one that allows `create database`. */
export const testDatabases: readonly TestDatabaseKind[] = [
  { name: "PGlite", open: () => openDatabase({ memory: true }) },
  ...(process.env.DATABASE_URL_TEST === undefined
    ? []
    : [{ name: "PostgreSQL", open: () => openEmptyPostgres(process.env.DATABASE_URL_TEST ?? "") }]),
];
