import { sql } from "kysely";
import type { Clock } from "../deps/process.ts";
import type { Database } from "./database.ts";

/** In one statement, so that none holds its locks for long. */
const rowsPerStatement = 1_000;
/** In one run and table; the next run goes on. */
const statementsPerRun = 20;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Rows that nobody can use any more. Those of the library are refused already, by the column that says since when. Refresh tokens that were used stay
 * until they would have expired: one that comes back late has to be recognized. Consents outlive every grant of theirs.
 */
const expiring = [
  { table: "verification", column: "expiresAt", afterMs: 0 },
  { table: "session", column: "expiresAt", afterMs: 0 },
  { table: "oauthRefreshToken", column: "expiresAt", afterMs: 0 },
  { table: "oauthAccessToken", column: "expiresAt", afterMs: 0 },
  { table: "oauthClientAssertion", column: "expiresAt", afterMs: 0 },
  { table: "oauthConsent", column: "createdAt", afterMs: 91 * dayMs },
  { table: "gateway_merged_session", column: "used_at", afterMs: 7 * dayMs },
] as const;

/** Deletes them, a bounded number at a time. Returns how many. */
export async function deleteExpiredRows({ kysely }: Database, clock: Clock): Promise<number> {
  let deleted = 0;
  for (const { table, column, afterMs } of expiring) {
    const before = new Date(clock().getTime() - afterMs);
    for (let count = 0; count < statementsPerRun; count += 1) {
      const { numAffectedRows } = await sql`
        delete from ${sql.table(table)} where id in (
          select id from ${sql.table(table)} where ${sql.ref(column)} < ${before} limit ${sql.lit(rowsPerStatement)}
        )`.execute(kysely);
      const rows = Number(numAffectedRows ?? 0);
      deleted += rows;
      if (rows < rowsPerStatement) break;
    }
  }
  return deleted;
}
