import type { LoggedDecision } from "./logged-decision.ts";

/** What a list of decisions is narrowed to; null does not narrow. */
export interface AuditFilter {
  /** `LoggedDecision.query`. */
  readonly query: string | null;
  /** Keys of users. */
  readonly users: readonly string[] | null;
  /** Resource types. */
  readonly types: readonly string[] | null;
  readonly tenant: string | null;
  readonly action: string | null;
  readonly allow: boolean | null;
  /** Both ends inclusive, milliseconds since 1970. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** A part of the matching decisions, newest first. */
export interface DecisionPage {
  readonly offset: number;
  readonly limit: number;
}

/** Whether a decision is in the list. */
export function matches(filter: AuditFilter, row: LoggedDecision): boolean {
  const timeMs = Date.parse(row.timestamp);
  return (
    (filter.query === null || filter.query === row.query) &&
    (filter.users === null || filter.users.includes(row.user ?? "")) &&
    (filter.types === null || filter.types.includes(row.type ?? "")) &&
    (filter.tenant === null || filter.tenant === row.tenant) &&
    (filter.action === null || filter.action === row.action) &&
    (filter.allow === null || filter.allow === row.allow) &&
    (filter.fromMs === null || filter.fromMs <= timeMs) &&
    (filter.toMs === null || filter.toMs >= timeMs)
  );
}
