import type { Kysely } from "kysely";

/** Definitions of tools that somebody was shown and nobody has reviewed. */
export async function addToolDrift(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("gateway_tool_drift")
    .addColumn("server", "text", (column) => column.notNull())
    .addColumn("tool", "text", (column) => column.notNull())
    .addColumn("seen", "text", (column) => column.notNull())
    .addColumn("last_seen_at", "timestamptz", (column) => column.notNull())
    .addPrimaryKeyConstraint("gateway_tool_drift_key", ["server", "tool", "seen"])
    .execute();
}
