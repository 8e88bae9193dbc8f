import { type Kysely, type Selectable, sql } from "kysely";
import { type AuditFilter, type AuditRow, type ChainRange, insideJson } from "../audit/query.ts";
import type { AuditRow as StoredRow, Tables } from "./database-tables.ts";

/** A line is about a kilobyte. A page of a filter is mostly empty. */
const pageLength = { whole: 500, filtered: 5_000 } as const;

/** A row as the driver gives it. */
export const toRow = (row: Selectable<StoredRow>): AuditRow => ({ ...row, sequence: Number(row.sequence) });

/** Rows of a part of one chain that a filter means. */
function selectPage(
  db: Kysely<Tables>,
  { chain, first, last }: Pick<ChainRange, "chain" | "first" | "last">,
  filter: AuditFilter,
  newestFirst: boolean,
) {
  const { human, agent, server, tool, event, without = [], decision, code, reason } = filter;
  let query = db
    .selectFrom("gateway_audit")
    .selectAll()
    .where("chain", "=", chain)
    .where("sequence", ">=", first)
    .where("sequence", "<=", last);
  for (const [column, value] of Object.entries({ human, server, tool, event, decision, code })) {
    if (value !== undefined) query = query.where(sql.ref(column), "=", value);
  }
  if (without.length > 0) query = query.where("event", "not in", [...without]);
  if (agent !== undefined) {
    const named = `"app_name":"${insideJson(agent)}"`;
    query = query.where(({ or, eb }) =>
      or([eb("agent", "=", agent), eb(sql<number>`position(${named} in line)`, ">", 0)]),
    );
  }
  if (reason !== undefined) {
    query = query.where(sql<number>`position(${insideJson(reason)} in line)`, ">", 0);
  }
  return query.orderBy("sequence", newestFirst ? "desc" : "asc");
}

/** True when a filter can leave out most rows of a page. */
function isSelective({ human, agent, server, tool, event, decision, code, reason }: AuditFilter): boolean {
  return [human, agent, server, tool, event, decision, code, reason].some((value) => value !== undefined);
}

/**
 * The rows of a range that a filter means, by sequence. A page is a part of the chain, and not so many rows: then no plan of
 * the database's, which may know nothing of the table's size yet, reads more than that part for it.
 */
export async function* chainRows(
  db: Kysely<Tables>,
  { chain, first, last }: ChainRange,
  filter: AuditFilter,
  newestFirst = false,
): AsyncGenerator<AuditRow> {
  const length = isSelective(filter) ? pageLength.filtered : pageLength.whole;
  for (let done = 0; first + done <= last; done += length) {
    const page = newestFirst
      ? { chain, first: Math.max(first, last - done - length + 1), last: last - done }
      : { chain, first: first + done, last: Math.min(last, first + done + length - 1) };
    yield* (await selectPage(db, page, filter, newestFirst).execute()).map(toRow);
  }
}
