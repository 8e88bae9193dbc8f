/** One answered check. */
export interface LoggedDecision {
  readonly id: string;
  readonly timestamp: string;
  readonly user: string;
  readonly action: string;
  readonly type: string;
  readonly key: string | undefined;
  readonly tenant: string | undefined;
  readonly allow: boolean;
  readonly reason: string;
}

/** Permit lists at most this many. */
const rowsMax = 10_000;

/** The latest decisions of one environment, in memory: the record that counts is the gateway's own. */
export class DecisionLog {
  readonly #rows: LoggedDecision[] = [];
  #next = 0;

  add(row: LoggedDecision): void {
    this.#rows[this.#next] = row;
    this.#next = (this.#next + 1) % rowsMax;
  }

  /** Newest first. */
  list(): readonly LoggedDecision[] {
    return [...this.#rows.slice(this.#next), ...this.#rows.slice(0, this.#next)].toReversed();
  }
}
