import type { Kysely } from "kysely";

/** Servers that humans have entered by URL. */
export async function addDynamicServers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("gateway_dynamic_server")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("user_id", "text", (column) => column.notNull())
    .addColumn("email", "text", (column) => column.notNull())
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("auth", "text", (column) => column.notNull())
    .addColumn("tools", "jsonb", (column) => column.notNull())
    .addColumn("created_at", "timestamptz", (column) => column.notNull())
    .addUniqueConstraint("gateway_dynamic_server_url", ["user_id", "url"])
    .execute();
}
