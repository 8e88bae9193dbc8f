import { type Kysely, sql } from "kysely";

/** Grants, audit and the kept copy of the host's settings. */
export async function createFirstTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("gateway_grant")
    .addColumn("id", "uuid", (column) => column.primaryKey())
    .addColumn("user_id", "text", (column) => column.notNull())
    .addColumn("client_id", "text", (column) => column.notNull())
    .addColumn("client_name", "text", (column) => column.notNull())
    .addColumn("email", "text", (column) => column.notNull().check(sql`email = lower(email)`))
    .addColumn("server", "text", (column) => column.notNull())
    .addColumn("level", "text", (column) => column.notNull().check(sql`level in ('low', 'medium', 'high')`))
    .addColumn("created_at", "timestamptz", (column) => column.notNull())
    .addColumn("last_used_at", "timestamptz", (column) => column.notNull())
    .addColumn("expires_at", "timestamptz", (column) => column.notNull())
    .addColumn("revoked_at", "timestamptz")
    .execute();
  await db.schema.createIndex("gateway_grant_of_user").on("gateway_grant").columns(["user_id", "created_at"]).execute();

  // No foreign key to the grant: what happened stays recorded when the grant is gone.
  await db.schema
    .createTable("gateway_audit")
    .addColumn("id", "uuid", (column) => column.primaryKey())
    .addColumn("time", "timestamptz", (column) => column.notNull())
    .addColumn("host", "text", (column) => column.notNull())
    .addColumn("request_id", "text", (column) => column.notNull())
    .addColumn("human", "text", (column) => column.notNull())
    .addColumn("agent_client_id", "text", (column) => column.notNull())
    .addColumn("agent_name", "text", (column) => column.notNull())
    .addColumn("grant_id", "text", (column) => column.notNull())
    .addColumn("server", "text", (column) => column.notNull())
    .addColumn("tool", "text", (column) => column.notNull())
    .addColumn("trust", "text")
    .addColumn("decision", "text", (column) => column.notNull().check(sql`decision in ('allow', 'deny')`))
    .addColumn("code", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("gateway_audit_by_time").on("gateway_audit").column("time").execute();

  await db.schema
    .createTable("gateway_host_settings")
    .addColumn("host", "text", (column) => column.primaryKey())
    .addColumn("settings", "jsonb", (column) => column.notNull())
    .addColumn("fetched_at", "timestamptz", (column) => column.notNull())
    .execute();
}
