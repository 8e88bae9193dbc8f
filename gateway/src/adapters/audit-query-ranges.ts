import { type Kysely, sql } from "kysely";
import type { AuditPeriod, ChainRange } from "../audit/query.ts";
import type { Tables } from "./database-tables.ts";

async function timeAt(db: Kysely<Tables>, chain: string, sequence: number): Promise<Date | undefined> {
  const row = await db
    .selectFrom("gateway_audit")
    .select("time")
    .where("chain", "=", chain)
    .where("sequence", "=", sequence)
    .executeTakeFirst();
  return row?.time;
}

/** The first sequence of a chain whose record is not before `time`; `last + 1`: all are. Times of a chain never go back. */
async function firstFrom(
  db: Kysely<Tables>,
  { chain, first, last }: Pick<ChainRange, "chain" | "first" | "last">,
  time: Date,
): Promise<number> {
  let [low, high] = [first, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = await timeAt(db, chain, middle);
    // One that was deleted meanwhile was older than any that is asked for.
    if (found === undefined || found < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All chains that have records, with the times of the first and the last of them. */
export async function wholeRanges(db: Kysely<Tables>): Promise<readonly ChainRange[]> {
  const rows = await db
    .selectFrom("gateway_audit_chain as chain")
    .innerJoin("gateway_audit as first", (join) =>
      join.onRef("first.chain", "=", "chain.id").on("first.sequence", "=", sql<number>`chain.trimmed_sequence + 1`),
    )
    .innerJoin("gateway_audit as last", (join) =>
      join.onRef("last.chain", "=", "chain.id").onRef("last.sequence", "=", "chain.sequence"),
    )
    .select(["chain.id", "chain.host", "chain.replica", "chain.sequence", "chain.trimmed_sequence", "chain.ended_at"])
    .select(["first.time as earliest", "last.time as latest", "last.event"])
    .orderBy("first.time")
    .orderBy("chain.id")
    .execute();
  return rows.map(({ id, host, replica, sequence, trimmed_sequence, ended_at, earliest, latest, event }) => ({
    ...{ chain: id, host, replica, earliest, latest },
    first: Number(trimmed_sequence) + 1,
    last: Number(sequence),
    trimmed: Number(trimmed_sequence),
    state: event === "log_ended" ? "ended" : ended_at === null ? "open" : "abandoned",
  }));
}

/** What of a chain is in a period: nothing, or a range of it. */
export async function inPeriod(
  db: Kysely<Tables>,
  range: ChainRange,
  { from, to }: AuditPeriod,
): Promise<ChainRange[]> {
  const cut = {
    first: from === undefined || range.earliest >= from ? range.first : await firstFrom(db, range, from),
    last: to === undefined || range.latest < to ? range.last : (await firstFrom(db, range, to)) - 1,
  };
  if (cut.first > cut.last) return [];
  const timeOf = async (sequence: number, otherwise: Date) => {
    const { chain, first, last } = range;
    return sequence === first || sequence === last ? otherwise : ((await timeAt(db, chain, sequence)) ?? otherwise);
  };
  const earliest = await timeOf(cut.first, range.earliest);
  return [{ ...range, ...cut, earliest, latest: await timeOf(cut.last, range.latest) }];
}
