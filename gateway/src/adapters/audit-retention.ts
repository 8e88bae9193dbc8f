import { sql } from "kysely";
import type { AuditRetention } from "../deps/audit-store.ts";
import type { Database } from "./database.ts";

/** Deletes from `gateway_audit`. */
export function createAuditRetention({ kysely }: Database): AuditRetention {
  return {
    expired: async (before, destinations) => {
      // What a destination has got; of one that has got nothing, what was deleted before there was one.
      const shipped = sql<string>`coalesce((
        select min(coalesce(shipment.sequence, chain.trimmed_sequence))
        from unnest(${[...destinations]}::text[]) as place
        left join gateway_audit_shipment as shipment on shipment.destination = place and shipment.chain = chain.id
      ), chain.sequence)`;
      const rows = await kysely
        .selectFrom("gateway_audit_chain as chain")
        // The oldest one first, by its key: of a chain that has nothing old, no more than that is looked at.
        .innerJoin("gateway_audit as first", (join) =>
          join
            .onRef("first.chain", "=", "chain.id")
            .onRef("first.sequence", "=", sql`chain.trimmed_sequence + 1`)
            .on("first.time", "<", before),
        )
        .innerJoinLateral(
          (from) =>
            from
              .selectFrom("gateway_audit")
              .select(["gateway_audit.sequence", "time", "line"])
              .whereRef("gateway_audit.chain", "=", "first.chain")
              .whereRef("gateway_audit.sequence", ">=", "first.sequence")
              .where("time", "<", before)
              .whereRef("gateway_audit.sequence", "<=", shipped)
              .orderBy("gateway_audit.sequence", "desc")
              .limit(1)
              .as("last"),
          (join) => join.onTrue(),
        )
        .select(["chain.id as chain", "last.sequence", "last.time", "last.line"])
        .execute();
      return rows.map((row) => ({ ...row, sequence: Number(row.sequence), time: row.time.toISOString() }));
    },
    trim: async ({ chain, sequence, hash }) => {
      await kysely.transaction().execute(async (transaction) => {
        await transaction
          .deleteFrom("gateway_audit")
          .where("chain", "=", chain)
          .where("sequence", "<=", sequence)
          .execute();
        await transaction
          .updateTable("gateway_audit_chain")
          .set({ trimmed_sequence: sequence, trimmed_hash: hash })
          .where("id", "=", chain)
          .execute();
      });
    },
  };
}
