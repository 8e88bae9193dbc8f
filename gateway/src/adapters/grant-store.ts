import type { Selectable } from "kysely";
import type { Clock, Grant, GrantStore } from "../deps.ts";
import type { Database } from "./database.ts";
import type { GrantRow } from "./database-tables.ts";
import { readTogether } from "./read-together.ts";

/** A busy agent would otherwise write one row per call. */
const touchIntervalMs = 60_000;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function toGrant(row: Selectable<GrantRow>): Grant {
  return {
    id: row.id,
    connectionId: row.connection_id,
    userId: row.user_id,
    clientId: row.client_id,
    clientName: row.client_name,
    email: row.email,
    resource: row.resource,
    server: row.server,
    level: row.level,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}

/** Grants in the table `gateway_grant`. Every read goes to the database, so a revocation holds on all replicas at once. */
export function createGrantStore({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): GrantStore {
  const db = database.kysely;
  // Asked for on every request of the MCP path: at many at once a query each would cost more than all else.
  const readConnection = readTogether<string, readonly Grant[]>(async (connectionIds) => {
    const rows = await db
      .selectFrom("gateway_grant")
      .selectAll()
      .where("connection_id", "in", connectionIds)
      .orderBy("server")
      .execute();
    const byConnection = Map.groupBy(rows.map(toGrant), ({ connectionId }) => connectionId);
    return (connectionId) => byConnection.get(connectionId) ?? [];
  });
  return {
    create: async (grant) => {
      const now = clock();
      const row = await db.transaction().execute(async (transaction) => {
        // Permit holds one level per agent and server, so the client's other installs have the new level too.
        await transaction
          .updateTable("gateway_grant")
          .set({ level: grant.level })
          .where("user_id", "=", grant.userId)
          .where("client_id", "=", grant.clientId)
          .where("server", "=", grant.server)
          .where("revoked_at", "is", null)
          .execute();
        return transaction
          .insertInto("gateway_grant")
          .values({
            id: grant.id,
            connection_id: grant.connectionId,
            user_id: grant.userId,
            client_id: grant.clientId,
            client_name: grant.clientName,
            email: grant.email,
            resource: grant.resource,
            server: grant.server,
            level: grant.level,
            created_at: now,
            last_used_at: now,
            expires_at: grant.expiresAt,
            revoked_at: null,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
      });
      return toGrant(row);
    },
    find: async (id) => {
      // The column's type refuses other texts with an error; an unknown id is an answer, not a fault.
      if (!uuid.test(id)) return undefined;
      const row = await db.selectFrom("gateway_grant").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toGrant(row);
    },
    // The column has ids in lower case, whatever the question's.
    ofConnection: async (connectionId) => (uuid.test(connectionId) ? readConnection(connectionId.toLowerCase()) : []),
    listActive: async (userId) => {
      const rows = await db
        .selectFrom("gateway_grant")
        .selectAll()
        .where("user_id", "=", userId)
        .where("revoked_at", "is", null)
        .where("expires_at", ">", clock())
        .orderBy("created_at", "desc")
        .execute();
      return rows.map(toGrant);
    },
    revoke: async (ids) => {
      const known = ids.filter((id) => uuid.test(id));
      if (known.length === 0) return;
      await db
        .updateTable("gateway_grant")
        .set({ revoked_at: clock() })
        .where("id", "in", known)
        .where("revoked_at", "is", null)
        .execute();
    },
    setLevel: async (ids, level) => {
      const known = ids.filter((id) => uuid.test(id));
      if (known.length === 0) return;
      await db
        .updateTable("gateway_grant")
        .set({ level })
        .where("id", "in", known)
        .where("revoked_at", "is", null)
        .execute();
    },
    touch: async (id) => {
      if (!uuid.test(id)) return;
      const now = clock();
      await db
        .updateTable("gateway_grant")
        .set({ last_used_at: now })
        .where("id", "=", id)
        .where("last_used_at", "<=", new Date(now.getTime() - touchIntervalMs))
        .execute();
    },
  };
}
