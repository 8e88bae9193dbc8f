import { type Kysely, sql } from "kysely";

/** Grants of one authorization belong together. Each of those of before was the only one of its own. */
export async function addConnections(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("gateway_grant").addColumn("connection_id", "uuid").execute();
  await sql`update gateway_grant set connection_id = id`.execute(db);
  await db.schema
    .alterTable("gateway_grant")
    .alterColumn("connection_id", (column) => column.setNotNull())
    .execute();
  // One grant per server: a name with a prefix must lead to one of them.
  await db.schema
    .createIndex("gateway_grant_connection")
    .on("gateway_grant")
    .columns(["connection_id", "server"])
    .unique()
    .execute();
}
