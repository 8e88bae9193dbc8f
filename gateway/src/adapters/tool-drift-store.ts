import type { Clock } from "../deps/process.ts";
import type { ToolDrift, ToolDriftStore } from "../deps/tool-drift.ts";
import type { Database } from "./database.ts";

/** Drift in the table `gateway_tool_drift`. Each change is one statement, so that of many replicas one has made it. */
export function createToolDriftStore({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): ToolDriftStore {
  const db = database.kysely;
  return {
    list: async (server) => {
      const rows = await db.selectFrom("gateway_tool_drift").selectAll().where("server", "=", server).execute();
      return rows.map(({ tool, seen, last_seen_at }) => ({ server, tool, seen, lastSeenAt: last_seen_at }));
    },
    add: async ({ server, tool, seen }: ToolDrift) => {
      const added = await db
        .insertInto("gateway_tool_drift")
        .values({ server, tool, seen, last_seen_at: clock() })
        .onConflict((conflict) => conflict.doNothing())
        .returning("tool")
        .executeTakeFirst();
      return added !== undefined;
    },
    touch: async ({ server, tool, seen }) => {
      await db
        .updateTable("gateway_tool_drift")
        .set({ last_seen_at: clock() })
        .where((is) => is.and({ server, tool, seen }))
        .execute();
    },
    remove: async ({ server, tool, seen }) => {
      const removed = await db
        .deleteFrom("gateway_tool_drift")
        .where((is) => is.and({ server, tool, seen }))
        .returning("tool")
        .executeTakeFirst();
      return removed !== undefined;
    },
  };
}
