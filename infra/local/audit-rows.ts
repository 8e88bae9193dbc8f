import { PGlite } from "@electric-sql/pglite";
import pg from "pg";

const query = "select count(*)::int as count from gateway_audit where event = 'tool_call'";

/** How many audit records of tool calls a gateway's database holds; an embedded one only when that gateway has stopped. */
export async function countAuditRows(target: { readonly dataDir: string } | { readonly url: string }): Promise<number> {
  if ("dataDir" in target) {
    const database = await PGlite.create(target.dataDir);
    const { rows } = await database.query<{ count: number }>(query);
    await database.close();
    return rows[0]?.count ?? 0;
  }
  const client = new pg.Client({ connectionString: target.url });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(query);
  await client.end();
  return rows[0]?.count ?? 0;
}
