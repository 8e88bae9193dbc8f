import { type Kysely, sql } from "kysely";

/** Sessions of agents that have several servers at one address, and those behind them. */
export async function addMergedSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("gateway_merged_session")
    .addColumn("id", "uuid", (column) => column.primaryKey())
    .addColumn("user_id", "text", (column) => column.notNull())
    .addColumn("client_id", "text", (column) => column.notNull())
    // JSON as text: `jsonb` takes neither NUL nor half a surrogate pair, which a client may write.
    .addColumn("client", "text", (column) => column.notNull())
    .addColumn("created_at", "timestamptz", (column) => column.notNull())
    .addColumn("used_at", "timestamptz", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("gateway_merged_session_agent")
    .on("gateway_merged_session")
    .columns(["user_id", "client_id", "created_at"])
    .execute();
  await db.schema.createIndex("gateway_merged_session_used").on("gateway_merged_session").column("used_at").execute();
  await db.schema
    .createTable("gateway_merged_upstream")
    .addColumn("session_id", "uuid", (column) =>
      column.notNull().references("gateway_merged_session.id").onDelete("cascade"),
    )
    .addColumn("server", "text", (column) => column.notNull())
    .addColumn("sealed_id", "text")
    .addColumn("protocol_version", "text", (column) => column.notNull())
    .addColumn("created_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint("gateway_merged_upstream_pk", ["session_id", "server"])
    .execute();
}
