import { type Database, decisionsMax } from "../storage/database.ts";
import { type AuditFilter, type DecisionPage, matches } from "./audit-filter.ts";
import { countOf, DecisionChunk, readLines, writeLine } from "./decision-chunk.ts";
import type { LoggedDecision } from "./logged-decision.ts";

const flushDelayMs = 100;
/** Kept for the next decisions when they are stored; more are given back. */
const sparesMax = 32;

/** One page of decisions and how many there are in all. */
export interface DecisionList {
  readonly decisions: readonly LoggedDecision[];
  readonly total: number;
}

/**
 * The decisions of all environments. Adding one never waits: decisions are stored a moment later, many together. What a
 * killed process had not stored yet is lost, at most the last tenth of a second while the disk keeps up.
 */
export class DecisionLogs {
  readonly #database: Database;
  /** By environment. */
  readonly #open = new Map<string, DecisionChunk>();
  #full: DecisionChunk[] = [];
  readonly #spare: DecisionChunk[] = [];
  #timer: NodeJS.Timeout | null = null;
  #storing: Promise<void> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Never waits: a decision is not slower for being logged. */
  add(environmentId: string, decision: LoggedDecision): void {
    const line = writeLine(decision);
    const open = this.#open.get(environmentId);
    if (open?.add(line) === true) return;
    if (open !== undefined) {
      this.#close(open);
      // At once: little at a time holds up nobody.
      void this.#store();
    }
    const chunk = this.#spare.pop() ?? new DecisionChunk();
    chunk.environmentId = environmentId;
    chunk.add(line);
    this.#open.set(environmentId, chunk);
    this.#timer ??= setTimeout(() => void this.flush(), flushDelayMs);
  }

  /** Drops what is not stored yet of an environment that is being removed; the rest goes with it. */
  forget(environmentId: string): void {
    this.#open.delete(environmentId);
    this.#full = this.#full.filter((chunk) => chunk.environmentId !== environmentId);
  }

  /** Resolves when everything added so far is stored, or can't be. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const chunk of this.#open.values()) this.#close(chunk);
    return this.#store();
  }

  /** The decisions of one environment that match, newest first, the latest included. */
  async list(environmentId: string, filter: AuditFilter, { offset, limit }: DecisionPage): Promise<DecisionList> {
    const decisions: LoggedDecision[] = [];
    let total = 0;
    for await (const kept of this.#kept(environmentId)) {
      for (const decision of kept) {
        if (!matches(filter, decision)) continue;
        if (total >= offset && total < offset + limit) decisions.push(decision);
        total += 1;
      }
    }
    return { decisions, total };
  }

  async find(environmentId: string, id: string): Promise<LoggedDecision | undefined> {
    for await (const kept of this.#kept(environmentId)) {
      const found = kept.find((decision) => decision.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #store(): Promise<void> {
    this.#storing = this.#storing.then(() => this.#storeFull());
    return this.#storing;
  }

  #close(chunk: DecisionChunk): void {
    this.#open.delete(chunk.environmentId);
    this.#full.push(chunk);
    // A disk that can't keep up costs the oldest: of one environment they would be dropped next anyway.
    let count = countOf(this.#full);
    while (count >= 2 * decisionsMax) count -= this.#full.shift()?.count ?? count;
  }

  /** The latest, newest first, some at a time: decisions that are being made don't wait until all are read. */
  async *#kept(environmentId: string): AsyncGenerator<readonly LoggedDecision[]> {
    await this.flush();
    let count = 0;
    for await (const lines of this.#database.decisions(environmentId)) {
      const decisions = readLines(lines).slice(0, decisionsMax - count);
      yield decisions;
      count += decisions.length;
      if (count >= decisionsMax) return;
    }
  }

  async #storeFull(): Promise<void> {
    const chunks = this.#full;
    this.#full = [];
    if (chunks.length === 0) return;
    try {
      await this.#database.appendDecisions(chunks.map((chunk) => chunk.view()));
    } catch (error) {
      // The store refuses everything once its own change fails; a lost log entry alone stops nobody.
      process.stderr.write(`${countOf(chunks)} decisions could not be logged: ${(error as Error).message}\n`);
    }
    for (const chunk of chunks) chunk.reset();
    this.#spare.push(...chunks.slice(0, sparesMax - this.#spare.length));
  }
}
