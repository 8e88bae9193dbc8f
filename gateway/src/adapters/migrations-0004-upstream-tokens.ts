import type { Kysely } from "kysely";

/** What the gateway holds of humans at upstream servers: tokens, its registrations, sign-ins under way, and data keys. */
export async function createUpstreamTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("gateway_data_key")
    .addColumn("id", "uuid", (column) => column.primaryKey())
    .addColumn("wrapped", "text", (column) => column.notNull())
    .addColumn("created_at", "timestamptz", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("gateway_upstream_token")
    .addColumn("user_id", "text", (column) => column.notNull())
    .addColumn("server", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    // Null: the authorization server did not say.
    .addColumn("expires_at", "timestamptz")
    .addColumn("updated_at", "timestamptz", (column) => column.notNull())
    .addPrimaryKeyConstraint("gateway_upstream_token_key", ["user_id", "server"])
    .execute();
  await db.schema
    .createTable("gateway_upstream_client")
    .addColumn("issuer", "text", (column) => column.notNull())
    .addColumn("server", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("created_at", "timestamptz", (column) => column.notNull())
    .addPrimaryKeyConstraint("gateway_upstream_client_key", ["issuer", "server"])
    .execute();
  await db.schema
    .createTable("gateway_upstream_sign_in")
    .addColumn("state_hash", "text", (column) => column.primaryKey())
    .addColumn("user_id", "text", (column) => column.notNull())
    .addColumn("server", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("expires_at", "timestamptz", (column) => column.notNull())
    .execute();
}
