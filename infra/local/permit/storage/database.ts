import type { AuditFilter, DecisionPage } from "../audit/audit-filter.ts";
import type { LoggedDecision } from "../audit/logged-decision.ts";
import type { Change } from "../state/journal.ts";

/** One stored row. */
export interface StoredRow {
  readonly scope: string;
  readonly kind: string;
  readonly body: object;
}

/** A decision and the environment that it was made in. */
export interface EnvironmentDecision {
  readonly environmentId: string;
  readonly decision: LoggedDecision;
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
  /** Adds decisions, oldest first, and drops what exceeds `decisionsMax` of an environment. */
  appendDecisions(rows: readonly EnvironmentDecision[]): Promise<void>;
  /** The decisions of one environment that match, newest first. */
  listDecisions(environmentId: string, filter: AuditFilter, page: DecisionPage): Promise<DecisionList>;
  findDecision(environmentId: string, id: string): Promise<LoggedDecision | undefined>;
  close(): Promise<void>;
}

/** One page of decisions and how many there are in all. */
export interface DecisionList {
  readonly decisions: readonly LoggedDecision[];
  readonly total: number;
}

/** Decisions kept of each environment: the most that Permit lists. */
export const decisionsMax = 10_000;
