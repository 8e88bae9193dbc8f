import type { AuditOutbox } from "../deps/audit.ts";
import type { Clock } from "../deps/process.ts";
import { fromRow } from "./audit-rows.ts";
import type { Database } from "./database.ts";

/** The records of `gateway_audit` that were not shipped yet. One that commits late is still found: nothing is skipped. */
export function createAuditOutbox({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): AuditOutbox {
  const { kysely } = database;
  return {
    next: async (limit) => {
      const rows = await kysely
        .selectFrom("gateway_audit")
        .selectAll()
        .where("shipped_at", "is", null)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    shipped: async (ids) => {
      await kysely
        .updateTable("gateway_audit")
        .set({ shipped_at: clock() })
        .where("id", "in", [...ids])
        .execute();
    },
    ifAlone: (run) => database.ifAlone("audit-shipper", run),
  };
}
