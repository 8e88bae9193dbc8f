import { type Kysely, sql } from "kysely";

/** Audit records remember when they were shipped; those that were not are found without looking at the others. */
export async function addAuditShipping(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("gateway_audit").addColumn("shipped_at", "timestamptz").execute();
  await db.schema
    .createIndex("gateway_audit_unshipped")
    .on("gateway_audit")
    .column("id")
    .where(sql`shipped_at`, "is", null)
    .execute();
}
