/** What one mutation did to one row, in a form that can be stored. */
export interface Change {
  /** An environment's id, or `organization`. */
  readonly scope: string;
  readonly kind: string;
  readonly id: string;
  /** The row as it is now; null when it was deleted. */
  readonly body: object | null;
}

interface Entry extends Change {
  readonly undo: () => void;
}

/** Records the changes of one synchronous mutation, so that they can be stored together or taken back together. */
export class Journal {
  #entries: Entry[] | null = null;

  /**
   * Runs `mutation` and returns its result with the changes it made, the last one per row. When it throws, all of its
   * changes are undone: a bulk call that fails half-way must not leave half of its grants.
   */
  run<T>(mutation: () => T): { readonly result: T; readonly changes: readonly Change[] } {
    if (this.#entries !== null) throw new Error("A mutation can't start inside another one.");
    const entries: Entry[] = [];
    this.#entries = entries;
    try {
      const result = mutation();
      const last = new Map<string, Change>();
      for (const { scope, kind, id, body } of entries) last.set(`${scope} ${kind} ${id}`, { scope, kind, id, body });
      return { result, changes: [...last.values()] };
    } catch (error) {
      for (const entry of entries.toReversed()) entry.undo();
      throw error;
    } finally {
      this.#entries = null;
    }
  }

  /** Adds one change. Throws outside of `run`: it would never be stored. */
  record(change: Change, undo: () => void): void {
    if (this.#entries === null) throw new Error("State changed outside of a mutation.");
    this.#entries.push({ ...change, undo });
  }
}
