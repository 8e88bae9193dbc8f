import type { StoredChunk } from "../audit/decision-chunk.ts";
import type { Change } from "../state/journal.ts";

/** One stored row. */
export interface StoredRow {
  readonly scope: string;
  readonly kind: string;
  readonly body: object;
}

/** Another live process has the data folder or the PostgreSQL database. The message names it and says what to do. */
export class DatabaseInUseError extends Error {}

/** Where state and decisions become durable. One process at a time. */
export interface Database {
  /** Resolves with the reason when nothing can be stored any more: another process may have the database by then. */
  readonly failed: Promise<unknown>;
  /** All rows in order of creation, in pieces, so that they are never in memory twice. */
  load(): AsyncIterable<readonly StoredRow[]>;
  /** Resolves when the changes are committed; all of them or none. A removed environment takes its decisions along. */
  append(changes: readonly Change[]): Promise<void>;
  /** Adds decisions, oldest first; `lines` hold until it resolves. May drop chunks behind the latest `decisionsMax` of an environment. */
  appendDecisions(chunks: readonly StoredChunk[]): Promise<void>;
  /** The decisions of one environment, newest chunk first; at least the latest `decisionsMax` of them. */
  decisions(environmentId: string): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Decisions kept of each environment: the most that Permit lists. */
export const decisionsMax = 10_000;
