/** Counted attempts. */

/** At most `max` attempts in a window. */
export interface AttemptLimit {
  /** Digest of what is counted: nothing that was typed is stored. */
  readonly key: string;
  readonly max: number;
  readonly windowSeconds: number;
}

/** Attempts, to sign in or to call a tool, counted for all replicas. */
export interface AttemptStore {
  /** Counts one more. Resolves to the seconds to wait when that is over the limit. */
  take(limit: AttemptLimit): Promise<number | undefined>;
  /** Takes one attempt back: it was no failure. */
  giveBack(key: string): Promise<void>;
  /** Forgets what was counted. */
  clear(key: string): Promise<void>;
}
