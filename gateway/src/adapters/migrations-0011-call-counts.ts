import type { Kysely } from "kysely";

/** Tool calls of agents that the policy limits, counted where all replicas see them. */
export async function addCallCounts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("gateway_call_count")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("count", "integer", (column) => column.notNull())
    .addColumn("window_ends_at", "timestamptz", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("gateway_call_count_window").on("gateway_call_count").column("window_ends_at").execute();
}
