import type { Kysely } from "kysely";

/** Where to look for calls without a result: not in all of a chain that grew for months. */
export async function addAuditOpenCalls(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("gateway_audit_chain")
    .addColumn("open_sequence", "bigint", (column) => column.notNull().defaultTo(1))
    .execute();
}
