import type { Selectable } from "kysely";
import { setBounded } from "../bounded-map.ts";
import type { Grant, GrantStore } from "../deps/grants.ts";
import type { Clock } from "../deps/process.ts";
import { together } from "../together.ts";
import type { Database } from "./database.ts";
import type { GrantRow } from "./database-tables.ts";

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

/** Milliseconds for which the grants of a connection are believed, from before they are read. */
export const grantsBelievedMs = 500;
const connectionsMax = 10_000;

/**
 * Grants in the table `gateway_grant`. A change that is made here holds from then on; one of another replica within half
 * a second, for which what a busy agent asks on every request is kept.
 */
export function createGrantStore({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): GrantStore {
  const db = database.kysely;
  // Asked for on every request of the MCP path: at many at once a query each would cost more than all else.
  const readConnection = together<string, readonly Grant[]>(async (connectionIds) => {
    const rows = await db
      .selectFrom("gateway_grant")
      .selectAll()
      .where("connection_id", "in", connectionIds)
      .orderBy("server")
      .execute();
    const byConnection = Map.groupBy(rows.map(toGrant), ({ connectionId }) => connectionId);
    return (connectionId) => byConnection.get(connectionId) ?? [];
  });
  const kept = new Map<string, { readonly grants: Promise<readonly Grant[]>; readonly readAtMs: number }>();
  // Of a monotonic clock: one that is set back would make them last.
  const believed = (connectionId: string): Promise<readonly Grant[]> => {
    const now = performance.now();
    const known = kept.get(connectionId);
    if (known !== undefined && now - known.readAtMs < grantsBelievedMs) return known.grants;
    const grants = readConnection(connectionId);
    setBounded(kept, connectionsMax, connectionId, { grants, readAtMs: now });
    grants.catch(() => {
      if (kept.get(connectionId)?.grants === grants) kept.delete(connectionId);
    });
    return grants;
  };
  /** Makes a change, whatever was read before its end is forgotten. */
  const changing = async <T>(change: Promise<T>): Promise<T> => change.finally(() => kept.clear());

  return {
    create: async (grant) => {
      const now = clock();
      const write = db.transaction().execute(async (transaction) => {
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
      return toGrant(await changing(write));
    },
    find: async (id) => {
      // The column's type refuses other texts with an error; an unknown id is an answer, not a fault.
      if (!uuid.test(id)) return undefined;
      const row = await db.selectFrom("gateway_grant").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toGrant(row);
    },
    // The column has ids in lower case, whatever the question's.
    ofConnection: async (connectionId) => (uuid.test(connectionId) ? believed(connectionId.toLowerCase()) : []),
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
      const write = db
        .updateTable("gateway_grant")
        .set({ revoked_at: clock() })
        .where("id", "in", known)
        .where("revoked_at", "is", null)
        .execute();
      await changing(write);
    },
    setLevel: async (ids, level) => {
      const known = ids.filter((id) => uuid.test(id));
      if (known.length === 0) return;
      const write = db
        .updateTable("gateway_grant")
        .set({ level })
        .where("id", "in", known)
        .where("revoked_at", "is", null)
        .execute();
      await changing(write);
    },
    touch: async ({ id, connectionId }) => {
      const now = clock();
      kept.delete(connectionId);
      await db
        .updateTable("gateway_grant")
        .set({ last_used_at: now })
        .where("id", "=", id)
        .where("last_used_at", "<=", new Date(now.getTime() - touchIntervalMs))
        .execute();
    },
  };
}
