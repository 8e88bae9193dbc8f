/** The chains of the audit log, as the database has them. */
import type { AuditLine } from "./audit.ts";
import type { ChainHead } from "./audit-records.ts";

/** A line as it is stored, with what can be asked for. */
export interface StoredLine extends AuditLine {
  /** The record's. */
  readonly id: string;
  readonly event: string;
  readonly human: string | null;
  /** Client id. */
  readonly agent: string | null;
  readonly server: string | null;
  readonly tool: string | null;
  readonly decision: "allow" | "deny";
  readonly code: string;
}

/** Thrown by `append`: nothing was written, because one of the lines can't be stored or is stored already. */
export class AuditLineRefused extends Error {}

/** Thrown by `append`: nothing was written, because the database can't write now. */
export class AuditStoreUnable extends Error {}

/** Where an append leads. */
export interface AppendedHead extends ChainHead {
  /** Sequence before which every call of the chain has its result. */
  readonly openFrom: number;
}

/** A chain that has no end yet. */
export interface OpenChain extends ChainHead {
  readonly replica: string;
}

/** A chain as far as the database has it. */
export interface KeptChain extends OpenChain {
  readonly ended: boolean;
  /** Up to here its records were deleted; undefined: all are there. */
  readonly trimmed: ChainHead | undefined;
}

/** A call that was let through and has no result. */
export interface OpenCall {
  /** Line of its decision. */
  readonly line: string;
}

/** Of the database: all methods throw what its driver throws. */
export interface AuditStore {
  /** Begins a chain. */
  begin(chain: { readonly host: string; readonly replica: string }, head: ChainHead): Promise<void>;
  /**
   * Adds lines after `before`, all or none, and moves the head to `after`. False, and nothing is written, when the chain is
   * not at `before` or has ended. Throws AuditLineRefused and AuditStoreUnable; after anything else that it throws, the lines
   * may be there: `head` says.
   */
  append(before: ChainHead, after: AppendedHead, lines: readonly StoredLine[]): Promise<boolean>;
  /** Where a chain is, once every append that was begun is over; undefined when there is none. */
  head(chain: string): Promise<(ChainHead & { readonly ended: boolean }) | undefined>;
  /** All chains, in the order in which they began. */
  chains(): Promise<readonly KeptChain[]>;
  /** All chains that have not ended. */
  openChains(): Promise<readonly OpenChain[]>;
  /** Nothing can be added to the chain any more. */
  end(chain: string): Promise<void>;
  /** Ends the chains whose replica has not written for so long. */
  endSilent(silentMs: number): Promise<void>;
  /** Chains that have ended and may hold calls without a result. */
  unsettled(): Promise<readonly ChainHead[]>;
  openCalls(chain: string): Promise<readonly OpenCall[]>;
  settled(chain: string): Promise<void>;
  /** Runs `run` unless another replica does. */
  ifAlone(run: () => Promise<void>): Promise<boolean>;
}

/** How far chains were shipped. */
export interface AuditShipments {
  /** Chains with lines that `destination` has not got. */
  waiting(destination: string): Promise<readonly { readonly chain: string; readonly shipped: number }[]>;
  /** Resolves with where to go on, after the leases of others have ended; undefined while another process ships it. */
  lease(destination: string, chain: string, holder: string, leaseMs: number): Promise<number | undefined>;
  /** Lines of a chain after a sequence, in order. */
  lines(chain: string, after: number, limit: number): Promise<readonly AuditLine[]>;
  /** They were delivered up to `to`. False when the lease has passed to another process meanwhile. */
  shipped(destination: string, chain: string, holder: string, to: number): Promise<boolean>;
  /** Time of the oldest line that `destination` has not got. */
  oldestWaiting(destination: string): Promise<Date | undefined>;
  /** Gives back what `holder` has leased. */
  release(holder: string): Promise<void>;
}

/** What was kept for long enough. */
export interface AuditRetention {
  /**
   * Of each chain the last line of before `before` that every destination has got, and that is not deleted yet. Chains
   * without one are left out.
   */
  expired(before: Date, destinations: readonly string[]): Promise<readonly AuditLine[]>;
  /** Deletes the lines of the chain up to this one, and remembers where the rest begins. */
  trim(to: ChainHead): Promise<void>;
}
