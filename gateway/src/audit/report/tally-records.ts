import { permitServerOf } from "@permit-mcp-gateway/policies";
import type { ReadRow } from "../query.ts";
import { type CallsTally, createCallsTally } from "./tally-calls.ts";
import { createChainsTally, type SignedPlace } from "./tally-chains.ts";
import { type ChangesTally, createChangesTally } from "./tally-changes.ts";
import { type ConsentsTally, createConsentsTally } from "./tally-consents.ts";

/** What the records of a period come to. */
export interface RecordsTally {
  readonly records: number;
  /** Records whose lines are none that this version writes: they are in no other figure. */
  readonly unread: number;
  readonly calls: CallsTally;
  readonly consents: ConsentsTally;
  readonly changes: ChangesTally;
  /** By chain. */
  readonly signed: ReadonlyMap<string, SignedPlace>;
}

/** Of each kind so many are listed one by one. */
export const listedMax = 1_000;

/**
 * Counts the records of a period that begins at `from`, by time. What it keeps grows with the humans, agents and tools that
 * there are, up to a bound, and not with the records.
 *
 * @param onRecord called for each with how many there were
 */
export async function tallyRecords(
  rows: AsyncIterable<ReadRow>,
  from: Date,
  onRecord: (count: number) => void = () => undefined,
): Promise<RecordsTally> {
  const calls = createCallsTally(from, permitServerOf);
  const consents = createConsentsTally(listedMax);
  const changes = createChangesTally(listedMax);
  const chains = createChainsTally();
  let [records, unread] = [0, 0];
  for await (const { row, record, link } of rows) {
    records += 1;
    onRecord(records);
    chains.take(row);
    if (record === undefined || link === undefined) {
      unread += 1;
      continue;
    }
    calls.take(record);
    consents.take(record);
    changes.take(record, link);
  }
  return {
    ...{ records, unread, signed: chains.tally() },
    ...{ calls: calls.tally(), consents: consents.tally(), changes: changes.tally() },
  };
}
