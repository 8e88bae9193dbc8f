import { type Kysely, sql } from "kysely";

/** A grant says what its tokens are for. Those of before were all asked for by server. */
export async function addGrantResource(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("gateway_grant").addColumn("resource", "text").execute();
  await sql`update gateway_grant set resource = '/mcp/' || server`.execute(db);
  await db.schema
    .alterTable("gateway_grant")
    .alterColumn("resource", (column) => column.setNotNull())
    .execute();
}
