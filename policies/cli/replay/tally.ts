import type { PastDecision, Replayed } from "../../src/replay.ts";

/** Calls of one human to one tool that had one answer and would have another. */
export interface ReplayRow {
  readonly host: string;
  readonly human: string;
  readonly server: string;
  readonly tool: string;
  readonly result: "denied" | "allowed" | "unknown";
  /** Code that the record has. */
  readonly was: string;
  /** Code that it would have, or why that can't be told. */
  readonly wouldBe: string;
  calls: number;
  /** Line of the first of them. */
  readonly line: number;
}

/** Rows that are kept: as many as a table could ever hold. Names in records are free text, so there is no other bound. */
const rowsMax = 100_000;
const problemsMax = 100;
const recentMax = 50_000;

/** Counts what became of decisions, in memory that does not grow with the length of the log. */
export class Tally {
  readonly counts = {
    decisions: 0,
    repeated: 0,
    otherLines: 0,
    unchanged: 0,
    wait: 0,
    denied: 0,
    allowed: 0,
    unknown: 0,
  };
  readonly #rows = new Map<string, ReplayRow>();
  /** Calls whose row found no room. */
  callsWithoutRow = 0;
  readonly problems: { readonly line: number; readonly problem: string }[] = [];
  problemsTotal = 0;
  // A log is delivered at least once; a record that comes again does so soon. Two generations, so that none is held long.
  #recent = new Set<string>();
  #older = new Set<string>();

  addProblem(line: number, problem: string): void {
    this.problemsTotal += 1;
    if (this.problems.length < problemsMax) this.problems.push({ line, problem });
  }

  /** True when a record of this id was seen a short while ago. */
  isRepeated(id: string | undefined): boolean {
    if (id === undefined) return false;
    if (this.#recent.has(id) || this.#older.has(id)) {
      this.counts.repeated += 1;
      return true;
    }
    if (this.#recent.size >= recentMax) {
      this.#older = this.#recent;
      this.#recent = new Set();
    }
    this.#recent.add(id);
    return false;
  }

  add({ host, human, server, tool, code }: PastDecision, replayed: Replayed, line: number): void {
    this.counts.decisions += 1;
    const { result } = replayed;
    this.counts[result] += 1;
    if (result === "unchanged") {
      if (replayed.waits) this.counts.wait += 1;
      return;
    }
    const wouldBe = result === "unknown" ? replayed.reason : replayed.waits ? `${replayed.code}, waits` : replayed.code;
    const key = JSON.stringify([host, human, server, tool, result, code, wouldBe]);
    const row = this.#rows.get(key);
    if (row !== undefined) row.calls += 1;
    else if (this.#rows.size >= rowsMax) this.callsWithoutRow += 1;
    else this.#rows.set(key, { host, human, server, tool, result, was: code, wouldBe, calls: 1, line });
  }

  /** The most calls first. */
  rows(): readonly ReplayRow[] {
    return [...this.#rows.values()].toSorted((a, b) => b.calls - a.calls || a.line - b.line);
  }
}
