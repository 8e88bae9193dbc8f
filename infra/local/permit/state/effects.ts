/** Clock and randomness, given from outside so that the state itself is deterministic. */
export interface Effects {
  /** A new UUID. */
  readonly newId: () => string;
  /** A new API key. */
  readonly newSecret: () => string;
  /** RFC 3339 with offset: clients in other languages refuse `Z`-less or offset-less times. */
  readonly now: () => string;
  /** Runs what makes a write visible to decisions: at once without this, later to lag as Permit's service does. */
  readonly propagate?: (apply: () => void) => void;
}
