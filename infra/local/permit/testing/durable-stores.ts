import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { LocalPermitOptions } from "../start.ts";

/** An empty place for what outlives the process. */
export interface DurableStore {
  readonly options: Pick<LocalPermitOptions, "dataDir" | "databaseUrl">;
  /** The same on the command line. */
  readonly args: readonly string[];
  remove(): Promise<void>;
}

/** A way to get one. */
export interface DurableStoreKind {
  readonly name: string;
  open(): Promise<DurableStore>;
}

async function openFolder(): Promise<DurableStore> {
  const dataDir = mkdtempSync(join(tmpdir(), "local-permit-"));
  return { options: { dataDir }, args: ["--data", dataDir], remove: async () => rmSync(dataDir, { recursive: true }) };
}

async function openPostgresDatabase(adminUrl: string): Promise<DurableStore> {
  const name = `local_permit_${randomUUID().replaceAll("-", "")}`;
  const administer = async (statement: string) => {
    const admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
    await admin.query(statement);
    await admin.end();
  };
  await administer(`create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    options: { databaseUrl: url.href },
    args: ["--database", url.href],
    remove: () => administer(`drop database ${name} with (force)`),
  };
}

/** A folder, and PostgreSQL where `postgresUrl` names one that allows `create database`. */
export function durableStores(postgresUrl: string | undefined): readonly DurableStoreKind[] {
  const folder = { name: "folder", open: openFolder };
  if (postgresUrl === undefined) return [folder];
  return [folder, { name: "PostgreSQL", open: () => openPostgresDatabase(postgresUrl) }];
}
