import { type Database, type DecisionList, decisionsMax, type EnvironmentDecision } from "../storage/database.ts";
import type { AuditFilter, DecisionPage } from "./audit-filter.ts";
import type { LoggedDecision } from "./logged-decision.ts";

const flushDelayMs = 100;
/** Per flush: writing out many at once would hold up the decisions that are being made. */
const flushRowsMax = 250;
/** A question may be as long as a request; what is kept of each is not. */
const inputCharactersMax = 16 * 1024;

/**
 * The decisions of all environments. Adding one never waits: decisions are stored a moment later, many together. What a
 * killed process had not stored yet is lost, at most the last tenth of a second while the disk keeps up.
 */
export class DecisionLogs {
  readonly #database: Database;
  #pending: EnvironmentDecision[] = [];
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Never waits: a decision is not slower for being logged. */
  add(environmentId: string, decision: LoggedDecision): void {
    const tooLong = JSON.stringify(decision.input).length > inputCharactersMax;
    this.#pending.push({ environmentId, decision: tooLong ? { ...decision, input: { truncated: true } } : decision });
    // A disk that can't keep up costs the oldest: of one environment they would be dropped next anyway.
    if (this.#pending.length >= 2 * decisionsMax) this.#pending = this.#pending.slice(-decisionsMax);
    this.#timer ??= setTimeout(() => void this.flush(), flushDelayMs);
  }

  /** Drops what is not stored yet of an environment that is being removed; the rest goes with it. */
  forget(environmentId: string): void {
    this.#pending = this.#pending.filter((row) => row.environmentId !== environmentId);
  }

  /** Resolves when everything added so far is stored, or can't be. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#flushing = (this.#flushing ?? Promise.resolve()).then(() => this.#storePending());
    return this.#flushing;
  }

  /** The decisions of one environment that match, newest first, the latest included. */
  async list(environmentId: string, filter: AuditFilter, page: DecisionPage): Promise<DecisionList> {
    await this.flush();
    return this.#database.listDecisions(environmentId, filter, page);
  }

  async find(environmentId: string, id: string): Promise<LoggedDecision | undefined> {
    await this.flush();
    return this.#database.findDecision(environmentId, id);
  }

  async #storePending(): Promise<void> {
    while (this.#pending.length > 0) {
      const rows = this.#pending.slice(0, flushRowsMax);
      this.#pending = this.#pending.slice(flushRowsMax);
      try {
        await this.#database.appendDecisions(rows);
      } catch (error) {
        // The store refuses everything once its own change fails; a lost log entry alone stops nobody.
        process.stderr.write(`${rows.length} decisions could not be logged: ${(error as Error).message}\n`);
      }
    }
  }
}
