import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Tables } from "./database-tables.ts";
import { createFirstTables } from "./migrations-0001-first-tables.ts";
import { addAuditShipping } from "./migrations-0002-audit-shipping.ts";
import { addGrantResource } from "./migrations-0003-grant-resource.ts";
import { createUpstreamTables } from "./migrations-0004-upstream-tokens.ts";
import { addReceipts } from "./migrations-0005-receipts.ts";
import { addSignInAttempts } from "./migrations-0006-sign-in-attempts.ts";
import { addDynamicServers } from "./migrations-0007-dynamic-servers.ts";
import { addConnections } from "./migrations-0008-connections.ts";
import { addMergedSessions } from "./migrations-0008-merged-sessions.ts";
import { addToolDrift } from "./migrations-0009-tool-drift.ts";
import { addCallCounts } from "./migrations-0011-call-counts.ts";
import { createAuditChain } from "./migrations-0012-audit-chain.ts";
import { addAuditOpenCalls } from "./migrations-0013-audit-open-calls.ts";

/** In order of name. One that was released is never edited: a change of the tables is a new one. */
const migrations: Record<string, Migration> = {
  "0001-first-tables": { up: createFirstTables },
  "0002-audit-shipping": { up: addAuditShipping },
  "0003-grant-resource": { up: addGrantResource },
  "0004-upstream-tokens": { up: createUpstreamTables },
  "0005-receipts": { up: addReceipts },
  "0006-sign-in-attempts": { up: addSignInAttempts },
  "0007-dynamic-servers": { up: addDynamicServers },
  "0008-connections": { up: addConnections },
  "0008-merged-sessions": { up: addMergedSessions },
  "0009-tool-drift": { up: addToolDrift },
  "0011-call-counts": { up: addCallCounts },
  "0012-audit-chain": { up: createAuditChain },
  "0013-audit-open-calls": { up: addAuditOpenCalls },
};

const createMigrator = (kysely: Kysely<Tables>) =>
  new Migrator({
    db: kysely,
    provider: { getMigrations: async () => migrations },
    migrationTableName: "gateway_migration",
    migrationLockTableName: "gateway_migration_lock",
  });

/** The tables are those of this version. Throws, with a sentence that says what to do. */
export async function assertMigrated(kysely: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ name: string }>`select name from gateway_migration`
    .execute(kysely)
    .catch(() => ({ rows: [] }));
  const done = new Set(rows.map(({ name }) => name));
  const all = Object.keys(migrations);
  if (done.size === 0) throw new Error("The database has no tables of a gateway. Start the gateway on it once.");
  if (all.length === done.size && all.every((name) => done.has(name))) return;
  throw new Error("The database is of a gateway of another version. Use this program of the same version.");
}

/**
 * Brings our own tables up to date. Replicas that start together wait for each other (an advisory lock on PostgreSQL).
 * Throws the error of the migration that failed; it leaves nothing half done.
 */
export async function runMigrations(kysely: Kysely<Tables>): Promise<void> {
  const { error } = await createMigrator(kysely).migrateToLatest();
  if (error !== undefined) throw error;
}
