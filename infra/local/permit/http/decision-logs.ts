import { DecisionLog, type LoggedDecision } from "../decide/decision-log.ts";

/** The decision log of each environment, made when first used. */
export class DecisionLogs {
  readonly #logs = new Map<string, DecisionLog>();

  /** Never waits: a decision is not slower for being logged. */
  add(environmentId: string, row: LoggedDecision): void {
    this.of(environmentId).add(row);
  }

  of(environmentId: string): DecisionLog {
    const log = this.#logs.get(environmentId) ?? new DecisionLog();
    this.#logs.set(environmentId, log);
    return log;
  }
}
