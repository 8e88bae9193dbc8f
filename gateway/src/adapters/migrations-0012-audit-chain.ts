import { type Kysely, sql } from "kysely";

/**
 * The audit log as chains of lines. The table of before goes: nothing that has it was released.
 *
 * `gateway_audit_chain` has the head of each chain, which moves with the records in one statement: so the records of a
 * chain are without gaps whenever anybody reads them, and a reader that goes on from a sequence misses none.
 */
export async function createAuditChain(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable("gateway_audit").execute();
  await db.schema
    .createTable("gateway_audit_chain")
    .addColumn("id", "uuid", (column) => column.primaryKey())
    .addColumn("host", "text", (column) => column.notNull())
    .addColumn("replica", "text", (column) => column.notNull())
    .addColumn("started_at", "timestamptz", (column) => column.notNull())
    .addColumn("seen_at", "timestamptz", (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("trimmed_sequence", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("trimmed_hash", "text")
    .addColumn("ended_at", "timestamptz")
    .addColumn("settled_at", "timestamptz")
    .execute();
  // Its rows are written with each commit: room on their page keeps that from touching the index.
  await sql`alter table gateway_audit_chain set (fillfactor = 20)`.execute(db);

  await db.schema
    .createTable("gateway_audit")
    .addColumn("chain", "uuid", (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("id", "uuid", (column) => column.notNull().unique())
    .addColumn("time", "timestamptz", (column) => column.notNull())
    .addColumn("event", "text", (column) => column.notNull())
    .addColumn("human", "text")
    .addColumn("agent", "text")
    .addColumn("server", "text")
    .addColumn("tool", "text")
    .addColumn("decision", "text", (column) => column.notNull().check(sql`decision in ('allow', 'deny')`))
    .addColumn("code", "text", (column) => column.notNull())
    .addColumn("line", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("gateway_audit_key", ["chain", "sequence"])
    .execute();
  // Records come about in order of time, so a summary of each block is index enough and costs an insert nothing.
  await db.schema.createIndex("gateway_audit_time").on("gateway_audit").using("brin").column("time").execute();

  await db.schema
    .createTable("gateway_audit_shipment")
    .addColumn("destination", "text", (column) => column.notNull())
    .addColumn("chain", "uuid", (column) => column.notNull().references("gateway_audit_chain.id").onDelete("cascade"))
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("holder", "uuid", (column) => column.notNull())
    .addColumn("leased_until", "timestamptz", (column) => column.notNull())
    .addPrimaryKeyConstraint("gateway_audit_shipment_key", ["destination", "chain"])
    .execute();
}
