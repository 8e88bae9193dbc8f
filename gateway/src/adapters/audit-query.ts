import type { AuditReader, AuditRow, ChainRange } from "../audit/query.ts";
import { inOrder } from "../audit/query-order.ts";
import { resultId } from "../audit/result-id.ts";
import { inPeriod, wholeRanges } from "./audit-query-ranges.ts";
import { chainRows, toRow } from "./audit-query-rows.ts";
import type { Database } from "./database.ts";

const byPlace = (a: AuditRow, b: AuditRow): number =>
  a.time.getTime() - b.time.getTime() || (a.chain < b.chain ? -1 : a.chain > b.chain ? 1 : a.sequence - b.sequence);

/**
 * The table `gateway_audit`, in pages by the key of each chain: there is no other order that needs no sorting. What comes
 * after `ranges` were looked up is in none of them.
 */
export function createAuditReader({ kysely: db }: Database): AuditReader {
  return {
    ranges: async (period) => {
      const { from, to } = period;
      const found: ChainRange[] = [];
      for (const range of await wholeRanges(db)) {
        if ((from !== undefined && range.latest < from) || (to !== undefined && range.earliest >= to)) continue;
        found.push(...(await inPeriod(db, range, period)));
      }
      return found;
    },
    chainRows: (range, filter) => chainRows(db, range, filter),
    rows: (ranges, filter, newestFirst = false) => {
      const sign = newestFirst ? -1 : 1;
      const sources = ranges.map((range) => ({
        begins: sign * (newestFirst ? range.latest : range.earliest).getTime(),
        open: () => chainRows(db, range, filter, newestFirst),
      }));
      return inOrder(
        sources.toSorted((a, b) => a.begins - b.begins),
        ({ time }) => sign * time.getTime(),
        (a, b) => sign * byPlace(a, b),
      );
    },
    results: async (decisionIds) => {
      if (decisionIds.length === 0) return new Map();
      const ids = new Map(decisionIds.map((id) => [resultId(id), id]));
      const rows = await db
        .selectFrom("gateway_audit")
        .selectAll()
        .where("id", "in", [...ids.keys()])
        .execute();
      return new Map(rows.map((row) => [ids.get(row.id) ?? row.id, toRow(row)]));
    },
  };
}
