import type { Kysely } from "kysely";

/** Attempts to sign in, counted where all replicas see them. */
export async function addSignInAttempts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("gateway_sign_in_attempt")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("count", "integer", (column) => column.notNull())
    .addColumn("window_ends_at", "timestamptz", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("gateway_sign_in_attempt_window")
    .on("gateway_sign_in_attempt")
    .column("window_ends_at")
    .execute();
}
