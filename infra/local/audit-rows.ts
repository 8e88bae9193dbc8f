import { PGlite } from "@electric-sql/pglite";

/** How many audit records the embedded database of a stopped gateway holds. */
export async function countAuditRows(dataDir: string): Promise<number> {
  const database = await PGlite.create(dataDir);
  try {
    const result = await database.query<{ count: number }>("select count(*)::int as count from gateway_audit");
    return result.rows[0]?.count ?? 0;
  } finally {
    await database.close();
  }
}
