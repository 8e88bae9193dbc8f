import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** The longest time for others to take over from those that were killed. */
const settleMs = 60_000;

/** Waits until the chains of all who were killed are settled and shipped. */
export async function untilSettled(databaseUrl: string, replicaCount: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const query = `
    select count(*) filter (where ended_at is null)::int as going_on,
      count(*) filter (where ended_at is not null
        and (settled_at is null or coalesce(shipment.sequence, 0) < chain.sequence))::int as open
    from gateway_audit_chain chain
    left join gateway_audit_shipment shipment on shipment.chain = chain.id`;
  for (const deadline = performance.now() + settleMs; performance.now() < deadline; await sleep(200)) {
    const { rows } = await client.query<{ going_on: number; open: number }>(query);
    // Of one that was just killed, nobody knows yet.
    if (rows[0]?.open === 0 && rows[0].going_on === replicaCount) break;
  }
  await client.end();
}
