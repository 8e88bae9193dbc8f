import { PGlite } from "@electric-sql/pglite";
import pg from "pg";

/** What the audit log of a gateway says of tool calls. */
export interface AuditRows {
  /** Decisions, and those of them that let the call through. */
  readonly calls: number;
  readonly allowed: number;
  /** Ends of calls that were let through, and those of them that nobody knows anything of. */
  readonly results: number;
  readonly unknown: number;
}

const query = `
  select count(*) filter (where event = 'tool_call')::int as calls,
    count(*) filter (where event = 'tool_call' and decision = 'allow')::int as allowed,
    count(*) filter (where event = 'call_result')::int as results,
    count(*) filter (where event = 'call_result' and code = 'OUTCOME_UNKNOWN')::int as unknown
  from gateway_audit where tool is not null`;
const none: AuditRows = { calls: 0, allowed: 0, results: 0, unknown: 0 };

/** How many audit records of tool calls a gateway's database holds; an embedded one only when that gateway has stopped. */
export async function countAuditRows(
  target: { readonly dataDir: string } | { readonly url: string },
): Promise<AuditRows> {
  if ("dataDir" in target) {
    const database = await PGlite.create(target.dataDir);
    const { rows } = await database.query<AuditRows>(query);
    await database.close();
    return rows[0] ?? none;
  }
  const client = new pg.Client({ connectionString: target.url });
  await client.connect();
  const { rows } = await client.query<AuditRows>(query);
  await client.end();
  return rows[0] ?? none;
}
