/** The process itself: time, readiness, end. */

/** What the gateway needs to do its work, by name; each tells what is wrong with it, or undefined. Never throws. */
export type Readiness = Readonly<
  Record<"database" | "decisionPoint" | "policy" | "audit", () => Promise<string | undefined>>
>;

/** How far the end of the process has come. */
export interface Shutdown {
  /** Aborted when the process was asked to end: it is not ready any more, and connections end with their answer. */
  readonly begun: AbortSignal;
  /** Aborted when the time for calls in flight is up: they end with GATEWAY_STOPPING. */
  readonly overdue: AbortSignal;
}

/** Time, as an argument, so that expiry is testable. */
export type Clock = () => Date;
