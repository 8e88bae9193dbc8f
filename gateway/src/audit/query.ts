/** What can be asked of the audit log in the database. */
import type { AuditRecord, ChainLink } from "../deps/audit-records.ts";
import { fromOcsf } from "./ocsf/from-ocsf.ts";

/** From, inclusive, to, exclusive; undefined: from the beginning, or to the end. */
export interface AuditPeriod {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Which records. All that is said must be so. */
export interface AuditFilter extends AuditPeriod {
  /** E-mail address, lower case. */
  readonly human?: string | undefined;
  /** Client id, or the exact name. */
  readonly agent?: string | undefined;
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
  readonly event?: AuditRecord["event"] | undefined;
  /** Events that are left out. */
  readonly without?: readonly AuditRecord["event"][] | undefined;
  readonly decision?: "allow" | "deny" | undefined;
  readonly code?: string | undefined;
  /** Text that the reason contains, as it is written. */
  readonly reason?: string | undefined;
}

/** A record as the database has it. */
export interface AuditRow {
  readonly chain: string;
  readonly sequence: number;
  readonly id: string;
  /** The record's, or that of the line before it where that is later. */
  readonly time: Date;
  readonly event: string;
  readonly human: string | null;
  readonly agent: string | null;
  readonly server: string | null;
  readonly tool: string | null;
  readonly decision: "allow" | "deny";
  readonly code: string;
  readonly line: string;
}

/** A row, read. */
export interface ReadRow {
  readonly row: AuditRow;
  /** Undefined: the line is none that this version writes. */
  readonly record: AuditRecord | undefined;
  readonly link: ChainLink | undefined;
}

/** What of a chain is in a period. It has no gaps. */
export interface ChainRange {
  readonly chain: string;
  readonly host: string;
  readonly replica: string;
  readonly first: number;
  readonly last: number;
  /** No record of the range is before, or after. */
  readonly earliest: Date;
  readonly latest: Date;
  /** Sequence up to which records were deleted because they were kept long enough; 0: none were. */
  readonly trimmed: number;
  /** What has become of the chain until now: `ended` has its last record, `abandoned` was ended by others. */
  readonly state: "open" | "ended" | "abandoned";
}

/** Reads the log. All methods throw what the database's driver throws. */
export interface AuditReader {
  /** The chains with records in a period, in the order in which they begin. */
  ranges(period: AuditPeriod): Promise<readonly ChainRange[]>;
  /** Records of these ranges by time, in pages; the newest first where `newestFirst`. */
  rows(ranges: readonly ChainRange[], filter: AuditFilter, newestFirst?: boolean): AsyncIterable<AuditRow>;
  /** Records of one chain by sequence, in pages. */
  chainRows(range: ChainRange, filter: AuditFilter): AsyncIterable<AuditRow>;
  /** The results of allowed calls by the id of their decision. */
  results(decisionIds: readonly string[]): Promise<ReadonlyMap<string, AuditRow>>;
}

/** A text as it is inside of JSON. */
export const insideJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Reads the line of a row. */
export function readRow(row: AuditRow): ReadRow {
  let event: unknown;
  try {
    event = JSON.parse(row.line);
  } catch {
    return { row, record: undefined, link: undefined };
  }
  const read = fromOcsf(event);
  return { row, record: read?.record, link: read?.link };
}

/**
 * The rest of a filter: the database finds the name of an agent and a reason anywhere in a line, where arguments of a
 * client's choice are too.
 */
export function matches({ row, record }: ReadRow, { agent, reason }: AuditFilter): boolean {
  if (agent !== undefined && row.agent !== agent) {
    if (record === undefined || !("agent" in record) || record.agent.name !== agent) return false;
  }
  return reason === undefined || record?.reason.includes(reason) === true;
}

/** The rows that a filter means, read. */
export async function* matching(rows: AsyncIterable<AuditRow>, filter: AuditFilter): AsyncGenerator<ReadRow> {
  for await (const row of rows) {
    const read = readRow(row);
    if (matches(read, filter)) yield read;
  }
}

/** The rows that a filter means, as they are: read only where the database can't tell. */
export async function* matchingRows(rows: AsyncIterable<AuditRow>, filter: AuditFilter): AsyncGenerator<AuditRow> {
  const told = filter.agent === undefined && filter.reason === undefined;
  for await (const row of rows) if (told || matches(readRow(row), filter)) yield row;
}
