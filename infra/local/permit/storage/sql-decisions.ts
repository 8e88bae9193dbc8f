import type { StoredChunk } from "../audit/decision-chunk.ts";
import { decisionsMax } from "./database.ts";
import type { SqlConnection, Statement } from "./sql-connection.ts";

const table = "local_permit_decisions";

/**
 * Makes the table of decisions where it is missing: a row for each chunk of them, because a row for each decision would
 * keep a processor busy. `last` counts the decisions of the environment up to the chunk's newest one.
 */
export const decisionSchema = (bytesType: string): Statement => ({
  text: `create table if not exists ${table} (
    environment_id text not null,
    last bigint not null,
    lines ${bytesType} not null,
    primary key (environment_id, last)
  )`,
  values: [],
});

/** Adds a chunk and drops those that lie behind the latest `decisionsMax` decisions of its environment. */
export function insertDecisions({ environmentId, count, lines }: StoredChunk): readonly Statement[] {
  const latest = `select coalesce(max(last), 0) from ${table} where environment_id = $1`;
  return [
    {
      text: `insert into ${table} (environment_id, last, lines) values ($1, (${latest}) + $2, $3)`,
      values: [environmentId, count, lines],
    },
    {
      text: `delete from ${table} where environment_id = $1 and last <= (${latest}) - $2`,
      values: [environmentId, decisionsMax],
    },
  ];
}

/** Removes all decisions of environments that are gone. */
export function dropDecisions(environmentIds: readonly string[]): readonly Statement[] {
  return environmentIds.map((id) => ({ text: `delete from ${table} where environment_id = $1`, values: [id] }));
}

const chunksPerRead = 16;

/** The chunks of one environment, newest first. */
export async function* readDecisions(connection: SqlConnection, environmentId: string): AsyncGenerator<Uint8Array> {
  const text =
    `select last, lines from ${table} where environment_id = $1 and last < $2 ` +
    `order by last desc limit ${chunksPerRead}`;
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
    const [rows = []] = await connection.transaction([{ text, values: [environmentId, before] }]);
    for (const { lines } of rows) if (lines instanceof Uint8Array) yield lines;
    before = rows.length < chunksPerRead ? null : Number(rows.at(-1)?.last);
  }
}
