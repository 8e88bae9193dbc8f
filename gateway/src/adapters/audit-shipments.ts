import { sql } from "kysely";
import type { AuditShipments } from "../deps/audit-store.ts";
import type { Database } from "./database.ts";

/**
 * The table `gateway_audit_shipment`. A chain has no gaps, so how far it was shipped is one number, and one that commits late
 * is never passed over. Leases are by the database's clock.
 */
export function createAuditShipments({ kysely }: Database): AuditShipments {
  const leasedUntil = (ms: number) => sql<Date>`clock_timestamp() + make_interval(secs => ${ms / 1000})`;
  const waitingFor = (destination: string) =>
    kysely
      .selectFrom("gateway_audit_chain as chain")
      .leftJoin("gateway_audit_shipment as shipment", (join) =>
        join.onRef("shipment.chain", "=", "chain.id").on("shipment.destination", "=", destination),
      )
      .whereRef("chain.sequence", ">", sql`coalesce(shipment.sequence, chain.trimmed_sequence)`);
  return {
    waiting: async (destination) => {
      const rows = await waitingFor(destination)
        .select(["chain.id", sql<string>`coalesce(shipment.sequence, chain.trimmed_sequence)`.as("shipped")])
        .orderBy("chain.started_at")
        .execute();
      return rows.map(({ id, shipped }) => ({ chain: id, shipped: Number(shipped) }));
    },
    lease: async (destination, chain, holder, leaseMs) => {
      const rows = await kysely
        .insertInto("gateway_audit_shipment")
        .columns(["destination", "chain", "sequence", "holder", "leased_until"])
        .expression(
          kysely
            .selectFrom("gateway_audit_chain")
            .select([
              sql<string>`${destination}::text`.as("destination"),
              "id",
              "trimmed_sequence",
              sql<string>`${holder}::uuid`.as("holder"),
              leasedUntil(leaseMs).as("leased_until"),
            ])
            .where("id", "=", chain),
        )
        .onConflict((conflict) =>
          conflict
            .columns(["destination", "chain"])
            .doUpdateSet({ holder, leased_until: leasedUntil(leaseMs) })
            .where((where) =>
              where.or([
                where("gateway_audit_shipment.holder", "=", holder),
                where("gateway_audit_shipment.leased_until", "<", sql<Date>`clock_timestamp()`),
              ]),
            ),
        )
        .returning("sequence")
        .execute();
      return rows[0] === undefined ? undefined : Number(rows[0].sequence);
    },
    lines: async (chain, after, limit) => {
      const rows = await kysely
        .selectFrom("gateway_audit")
        .select(["chain", "sequence", "time", "line"])
        .where("chain", "=", chain)
        .where("sequence", ">", after)
        .orderBy("sequence")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...row, sequence: Number(row.sequence), time: row.time.toISOString() }));
    },
    shipped: async (destination, chain, holder, to) => {
      const { numUpdatedRows } = await kysely
        .updateTable("gateway_audit_shipment")
        .set({ sequence: to })
        .where("destination", "=", destination)
        .where("chain", "=", chain)
        .where("holder", "=", holder)
        // Whoever had the lease for a moment may have come further: it never goes back.
        .where("sequence", "<=", to)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    oldestWaiting: async (destination) => {
      const rows = await waitingFor(destination)
        .innerJoin("gateway_audit as first", (join) =>
          join
            .onRef("first.chain", "=", "chain.id")
            .onRef("first.sequence", "=", sql`coalesce(shipment.sequence, chain.trimmed_sequence) + 1`),
        )
        .select(sql<Date | null>`min(first.time)`.as("time"))
        .execute();
      return rows[0]?.time ?? undefined;
    },
    release: async (holder) => {
      await kysely
        .updateTable("gateway_audit_shipment")
        .set({ leased_until: sql<Date>`clock_timestamp()` })
        .where("holder", "=", holder)
        .execute();
    },
  };
}
