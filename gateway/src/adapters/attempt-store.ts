import { sql } from "kysely";
import type { AttemptStore } from "../deps/attempts.ts";
import type { Clock } from "../deps/process.ts";
import type { Database } from "./database.ts";

/** How often rows of windows that have ended are deleted, per process. */
const cleanUpIntervalMs = 10 * 60_000;

/** Attempts in a table, in fixed windows: whatever an attacker does, a window ends. */
export function createAttemptStore({
  database,
  table,
  clock,
}: {
  readonly database: Database;
  readonly table: "gateway_sign_in_attempt" | "gateway_call_count";
  readonly clock: Clock;
}): AttemptStore {
  const db = database.kysely;
  let cleanedUpAtMs = clock().getTime();

  const cleanUp = async (now: Date) => {
    if (now.getTime() - cleanedUpAtMs < cleanUpIntervalMs) return;
    cleanedUpAtMs = now.getTime();
    await db.deleteFrom(table).where("window_ends_at", "<=", now).execute();
  };
  return {
    take: async ({ key, max, windowSeconds }) => {
      const now = clock();
      await cleanUp(now);
      const ends = new Date(now.getTime() + windowSeconds * 1000);
      const windowEndsAt = sql.ref(`${table}.window_ends_at`);
      const ended = sql`${windowEndsAt} <= ${now}`;
      // One statement: of many at once, on whatever replica, exactly `max` are let through.
      const row = await db
        .insertInto(table)
        .values({ key, count: 1, window_ends_at: ends })
        .onConflict((conflict) =>
          conflict.column("key").doUpdateSet({
            count: sql<number>`case when ${ended} then 1 else ${sql.ref(`${table}.count`)} + 1 end`,
            window_ends_at: sql<Date>`case when ${ended} then ${ends} else ${windowEndsAt} end`,
          }),
        )
        .returning(["count", "window_ends_at"])
        .executeTakeFirstOrThrow();
      if (row.count <= max) return undefined;
      return Math.max(1, Math.ceil((row.window_ends_at.getTime() - now.getTime()) / 1000));
    },
    giveBack: async (key) => {
      await db.updateTable(table).set({ count: sql<number>`greatest(count - 1, 0)` }).where("key", "=", key).execute();
    },
    clear: async (key) => {
      await db.deleteFrom(table).where("key", "=", key).execute();
    },
  };
}
