import { DecisionLog } from "../decide/decision-log.ts";

/** The decision log of each environment, made when first used. */
export class DecisionLogs {
  readonly #logs = new Map<string, DecisionLog>();

  of(environmentId: string): DecisionLog {
    const log = this.#logs.get(environmentId) ?? new DecisionLog();
    this.#logs.set(environmentId, log);
    return log;
  }
}
