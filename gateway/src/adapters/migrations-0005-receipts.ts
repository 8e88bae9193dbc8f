import type { Kysely } from "kysely";

/** Permission receipts and the keys that sign them; audit records of other things than tool calls. */
export async function addReceipts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("gateway_signing_key")
    .addColumn("kid", "text", (column) => column.primaryKey())
    .addColumn("public_key", "jsonb", (column) => column.notNull())
    .addColumn("private_key", "text", (column) => column.notNull())
    .addColumn("created_at", "timestamptz", (column) => column.notNull())
    .execute();

  // No foreign key to the grant: a receipt is evidence of what was, like an audit record.
  await db.schema
    .createTable("gateway_receipt")
    .addColumn("id", "uuid", (column) => column.primaryKey())
    .addColumn("grant_id", "uuid", (column) => column.notNull())
    .addColumn("jws", "text", (column) => column.notNull())
    .addColumn("created_at", "timestamptz", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("gateway_receipt_of_grant")
    .on("gateway_receipt")
    .columns(["grant_id", "created_at"])
    .execute();

  await db.schema
    .alterTable("gateway_audit")
    .addColumn("event", "text", (column) => column.notNull().defaultTo("tool_call"))
    .addColumn("detail", "jsonb")
    .execute();
  for (const name of ["agent_client_id", "agent_name", "grant_id", "server", "tool"]) {
    await db.schema
      .alterTable("gateway_audit")
      .alterColumn(name, (column) => column.dropNotNull())
      .execute();
  }
}
