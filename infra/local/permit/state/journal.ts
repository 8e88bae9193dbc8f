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
  readonly before: object | null;
  readonly undo: () => void;
  readonly settle?: (() => void) | undefined;
}

/** One row before and after one step of a mutation; null where it does not exist. */
export interface RowChange {
  readonly kind: string;
  readonly before: object | null;
  readonly after: object | null;
}

/** What follows the rows of one scope. */
export interface ChangeListener {
  /** A row that was stored before this process started. */
  loaded(change: RowChange): void;
  /** All of one mutation, in its order. Undone mutations are not told. */
  changed(changes: readonly RowChange[]): void;
}

/** Records the changes of one synchronous mutation, so that they can be stored together or taken back together. */
export class Journal {
  #entries: Entry[] | null = null;
  readonly #listeners = new Map<string, ChangeListener>();

  /** Tells `listener` of every change in `scope` from now on. One listener per scope. */
  subscribe(scope: string, listener: ChangeListener): void {
    this.#listeners.set(scope, listener);
  }

  /** Forgets the listener of a scope that is gone. */
  unsubscribe(scope: string): void {
    this.#listeners.delete(scope);
  }

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
      for (const { settle } of entries) settle?.();
      const last = new Map<string, Change>();
      for (const { scope, kind, id, body } of entries) last.set(`${scope} ${kind} ${id}`, { scope, kind, id, body });
      this.#tell(entries);
      return { result, changes: [...last.values()] };
    } catch (error) {
      for (const entry of entries.toReversed()) entry.undo();
      throw error;
    } finally {
      this.#entries = null;
    }
  }

  /**
   * Adds one change of a row that was `before`: `undo` takes it back, `settle` runs when nothing will. Throws outside of
   * `run`: it would never be stored.
   */
  record(change: Change, before: object | null, undo: () => void, settle?: () => void): void {
    if (this.#entries === null) throw new Error("State changed outside of a mutation.");
    this.#entries.push({ ...change, before, undo, settle });
  }

  /** Tells of a stored row that is put back at start-up; it is not recorded again. */
  loaded(scope: string, kind: string, row: object): void {
    this.#listeners.get(scope)?.loaded({ kind, before: null, after: row });
  }

  #tell(entries: readonly Entry[]): void {
    const byScope = new Map<string, RowChange[]>();
    for (const { scope, kind, before, body } of entries) {
      const changes = byScope.get(scope);
      if (changes === undefined) byScope.set(scope, [{ kind, before, after: body }]);
      else changes.push({ kind, before, after: body });
    }
    for (const [scope, changes] of byScope) this.#listeners.get(scope)?.changed(changes);
  }
}
