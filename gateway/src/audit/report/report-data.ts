import type { ChainRange } from "../query.ts";
import type { Listed } from "./bounded.ts";
import type { PolicyChange } from "./grant-edits.ts";
import type { StandingGrant } from "./standing-grants.ts";
import type { RecordsTally } from "./tally-records.ts";
import type { UnusedGrant } from "./unused-grants.ts";

/** What the policy grants and nobody used, or a sentence that says why that is not known. */
export type UnusedPart =
  | {
      readonly folder: string;
      /** Ceilings that hold, of all humans at all servers. */
      readonly ceilings: number;
      readonly unused: readonly UnusedGrant[];
      readonly change: PolicyChange | undefined;
    }
  | { readonly missing: string };

/** All that a report says. */
export interface ReportData {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly generatedAt: Date;
  /** Keys of the hosts whose log it is. */
  readonly hosts: readonly string[];
  /** Time of the oldest record that the database has; undefined: it has none. */
  readonly oldest: Date | undefined;
  readonly tally: RecordsTally;
  readonly standing: Listed<StandingGrant>;
  /** Chains with records in the period. */
  readonly chains: readonly ChainRange[];
  readonly unused: UnusedPart;
}
