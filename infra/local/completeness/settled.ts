import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** The longest time for others to take over from those that were killed. */
const settleMs = 60_000;

/**
 * Waits until the chains of all who were killed are settled, and all that is on record now is shipped: who was killed may have
 * had the lease of a chain that goes on, and whoever is stopped does not wait for its end.
 */
export async function untilSettled(databaseUrl: string, replicaCount: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    "create temporary table before as select id, sequence, clock_timestamp() as at from gateway_audit_chain",
  );
  const query = `
    select count(*) filter (where ended_at is null)::int as going_on,
      count(*) filter (where ended_at is null and seen_at > (select coalesce(max(at), '-infinity') from before))::int as alive,
      count(*) filter (where ended_at is not null
        and (settled_at is null or coalesce(shipment.sequence, 0) < chain.sequence))::int as open,
      count(*) filter (where coalesce(shipment.sequence, 0) < before.sequence)::int as unshipped
    from gateway_audit_chain chain
    left join before on before.id = chain.id
    left join gateway_audit_shipment shipment on shipment.chain = chain.id`;
  for (const deadline = performance.now() + settleMs; performance.now() < deadline; await sleep(200)) {
    const { rows } = await client.query<Record<"going_on" | "alive" | "open" | "unshipped", number>>(query);
    const [now] = rows;
    // Of one that was just killed, nobody knows yet, and the one in its place may not have begun.
    const allAlive = now?.going_on === replicaCount && now.alive === replicaCount;
    if (allAlive && now.open === 0 && now.unshipped === 0) break;
  }
  await client.end();
}
