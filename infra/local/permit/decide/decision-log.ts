/** One answered question. What the question does not name is undefined. */
export interface LoggedDecision {
  readonly id: string;
  /** RFC 3339 with offset. */
  readonly timestamp: string;
  /** `AuditLogQueryType` of the API description. */
  readonly query: "check" | "get_user_permissions" | "get_authorized_users";
  readonly user: string | undefined;
  readonly action: string | undefined;
  readonly type: string | undefined;
  readonly key: string | undefined;
  readonly tenant: string | undefined;
  /** Of a check its answer; of the other questions whether anything was found. */
  readonly allow: boolean;
  readonly reason: string | undefined;
  /** The question as it was asked: any JSON object. */
  readonly input: object;
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
