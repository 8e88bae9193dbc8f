import { randomUUID } from "node:crypto";
import type { Clock } from "../deps/process.ts";
import type { MergedSession, MergedSessionStore, UpstreamSession } from "../deps/sessions.ts";
import type { Database } from "./database.ts";

/** A client that opens one session after the other must not fill the table. */
const sessionsPerAgent = 100;
/** A busy session would otherwise write its row on every message. */
const touchIntervalMs = 60 * 60_000;

/** Sessions in `gateway_merged_session`, those behind them in `gateway_merged_upstream`. */
export function createMergedSessionStore({
  database: { kysely },
  clock,
}: {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
}): MergedSessionStore {
  const upstreamsOf = async (id: string) => {
    const rows = await kysely.selectFrom("gateway_merged_upstream").selectAll().where("session_id", "=", id).execute();
    return new Map(
      rows.map((row): [string, UpstreamSession] => [
        row.server,
        { sealedId: row.sealed_id, protocolVersion: row.protocol_version },
      ]),
    );
  };
  return {
    create: async ({ userId, clientId }, client) => {
      const id = randomUUID();
      const now = clock();
      await kysely
        .insertInto("gateway_merged_session")
        .values({
          ...{ id, user_id: userId, client_id: clientId, client: JSON.stringify(client) },
          ...{ created_at: now, used_at: now },
        })
        .execute();
      const kept = kysely
        .selectFrom("gateway_merged_session")
        .select("id")
        .where("user_id", "=", userId)
        .where("client_id", "=", clientId)
        .orderBy("created_at", "desc")
        .limit(sessionsPerAgent);
      await kysely
        .deleteFrom("gateway_merged_session")
        .where("user_id", "=", userId)
        .where("client_id", "=", clientId)
        .where("id", "not in", kept)
        .execute();
      return id;
    },
    find: async (id) => {
      const row = await kysely
        .selectFrom("gateway_merged_session")
        .select(["client", "used_at"])
        .where("id", "=", id)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const now = clock();
      if (now.getTime() - row.used_at.getTime() >= touchIntervalMs) {
        await kysely.updateTable("gateway_merged_session").set({ used_at: now }).where("id", "=", id).execute();
      }
      return { id, client: JSON.parse(row.client) as MergedSession["client"], upstreams: await upstreamsOf(id) };
    },
    keep: async (id, server, session) => {
      await kysely
        .insertInto("gateway_merged_upstream")
        .columns(["session_id", "server", "sealed_id", "protocol_version"])
        .expression((query) =>
          // Nothing when the session was ended meanwhile.
          query
            .selectFrom("gateway_merged_session")
            .select(({ val }) => [
              "id",
              val(server).as("server"),
              val(session.sealedId).as("sealed_id"),
              val(session.protocolVersion).as("protocol_version"),
            ])
            .where("id", "=", id),
        )
        .onConflict((conflict) => conflict.columns(["session_id", "server"]).doNothing())
        .execute();
      return (await upstreamsOf(id)).get(server) ?? session;
    },
    forget: async (id, server, { sealedId }) => {
      await kysely
        .deleteFrom("gateway_merged_upstream")
        .where("session_id", "=", id)
        .where("server", "=", server)
        .where("sealed_id", "is not distinct from", sealedId)
        .execute();
    },
    end: async (id) => {
      await kysely.deleteFrom("gateway_merged_session").where("id", "=", id).execute();
    },
  };
}
