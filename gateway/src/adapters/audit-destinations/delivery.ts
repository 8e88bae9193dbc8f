/** What one delivery is of. */
import type { AuditLine } from "../../deps/audit.ts";

/** The lines of one chain that go together: which they are, from first to last. */
export interface DeliveryRange {
  readonly chain: string;
  /** Sequence of the first and of the last line. */
  readonly first: number;
  readonly last: number;
  /** RFC 3339, of the first line. */
  readonly time: string;
}

/** Throws for no lines at all: the shipper never makes such a delivery. */
export function deliveryRange(lines: readonly AuditLine[]): DeliveryRange {
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined) throw new Error("A delivery of audit records has no lines.");
  return { chain: first.chain, first: first.sequence, last: last.sequence, time: first.time };
}

/** The lines as they are, each with a newline after it: NDJSON, also called JSON Lines. */
export function newlineDelimited(lines: readonly AuditLine[]): Buffer {
  return Buffer.from(lines.map(({ line }) => `${line}\n`).join(""));
}
