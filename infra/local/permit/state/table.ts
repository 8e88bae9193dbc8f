import type { Journal } from "./journal.ts";

/** Anything stored: immutable, replaced as a whole. */
export interface Row {
  /** UUID. */
  readonly id: string;
}

/** Ids of the rows with one value; most values have one row, and a set of its own for each would be most of the memory. */
type Group = string | Set<string>;

interface Index<R extends Row> {
  readonly pick: (row: R) => string | null;
  /** Made when first asked for: null until then. */
  groups: Map<string, Group> | null;
}

/**
 * Rows of one kind with a unique key and look-up indexes, in order of creation. Maps throughout: keys such as
 * `__proto__` or `constructor` are legal in Permit and must be plain data here.
 */
export class Table<R extends Row, I extends string = never> implements Iterable<R> {
  readonly #scope: string;
  readonly #kind: string;
  readonly #journal: Journal;
  readonly #keyOf: (row: R) => string;
  /** A deleted row keeps its place, as null, until its mutation is over: an undone deletion puts it back there. */
  readonly #rows = new Map<string, R | null>();
  readonly #ids = new Map<string, string>();
  readonly #indexes = new Map<string, Index<R>>();

  constructor(
    place: { readonly scope: string; readonly kind: string; readonly journal: Journal },
    keyOf: (row: R) => string,
    indexes: Readonly<Record<I, (row: R) => string | null>>,
  ) {
    this.#scope = place.scope;
    this.#kind = place.kind;
    this.#journal = place.journal;
    this.#keyOf = keyOf;
    for (const [name, pick] of Object.entries<(row: R) => string | null>(indexes)) {
      this.#indexes.set(name, { pick, groups: null });
    }
  }

  get kind(): string {
    return this.#kind;
  }

  get size(): number {
    return this.#ids.size;
  }

  *[Symbol.iterator](): IterableIterator<R> {
    for (const row of this.#rows.values()) if (row !== null) yield row;
  }

  byKey(key: string): R | undefined {
    const id = this.#ids.get(key);
    return id === undefined ? undefined : this.byId(id);
  }

  byId(id: string): R | undefined {
    return this.#rows.get(id) ?? undefined;
  }

  has(row: R): boolean {
    return this.byId(row.id) !== undefined || this.#ids.has(this.#keyOf(row));
  }

  /** The rows whose indexed value is `value`, oldest first; a copy, so that the caller may delete while reading. */
  by(index: I, value: string): readonly R[] {
    const group = this.#groups(index).get(value) ?? [];
    const ids = typeof group === "string" ? [group] : [...group];
    return ids.flatMap((id) => this.byId(id) ?? []);
  }

  /** Adds a row or replaces the one with its id. Throws when another row has its key: callers check first. */
  put(row: R): R {
    const before = this.byId(row.id);
    const placed = this.#rows.has(row.id);
    const holder = this.#ids.get(this.#keyOf(row));
    if (holder !== undefined && holder !== row.id) throw new Error(`Two rows of ${this.#kind} with one key.`);
    this.#set(row);
    if (placed && before === undefined) this.#forgetIndexes();
    const change = { scope: this.#scope, kind: this.#kind, id: row.id, body: row };
    this.#journal.record(change, before ?? null, () => {
      if (before !== undefined) return this.#set(before);
      this.#unset(row);
      if (placed) this.#rows.set(row.id, null);
      else this.#rows.delete(row.id);
    });
    return row;
  }

  delete(id: string): void {
    const before = this.byId(id);
    if (before === undefined) return;
    this.#unset(before);
    this.#rows.set(id, null);
    this.#journal.record(
      { scope: this.#scope, kind: this.#kind, id, body: null },
      before,
      () => {
        this.#set(before);
        this.#forgetIndexes();
      },
      () => {
        if (this.#rows.get(id) === null) this.#rows.delete(id);
      },
    );
  }

  /** Puts a stored row back at start-up. It is not recorded again. */
  load(row: R): void {
    this.#set(row);
    this.#journal.loaded(this.#scope, this.#kind, row);
  }

  /** A row that stays under its key and index values keeps its place in every map. */
  #set(row: R): void {
    const before = this.byId(row.id);
    if (before !== undefined && this.#keyOf(before) !== this.#keyOf(row)) this.#ids.delete(this.#keyOf(before));
    this.#rows.set(row.id, row);
    this.#ids.set(this.#keyOf(row), row.id);
    for (const { pick, groups } of this.#indexes.values()) {
      if (groups === null) continue;
      const value = pick(row);
      const valueBefore = before === undefined ? null : pick(before);
      if (value === valueBefore) continue;
      if (valueBefore !== null) removeFrom(groups, valueBefore, row.id);
      if (value !== null) addTo(groups, value, row.id);
    }
  }

  /** Takes a row out of everything but `#rows`. */
  #unset(row: R): void {
    this.#ids.delete(this.#keyOf(row));
    for (const { pick, groups } of this.#indexes.values()) {
      const value = pick(row);
      if (groups !== null && value !== null) removeFrom(groups, value, row.id);
    }
  }

  /** After a row came back to its place, which no index knows. They are made anew when asked for. */
  #forgetIndexes(): void {
    for (const index of this.#indexes.values()) index.groups = null;
  }

  #groups(name: I): ReadonlyMap<string, Group> {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`${this.#kind} has no index ${name}.`);
    if (index.groups !== null) return index.groups;
    index.groups = new Map();
    for (const row of this) {
      const value = index.pick(row);
      if (value !== null) addTo(index.groups, value, row.id);
    }
    return index.groups;
  }
}

function addTo(groups: Map<string, Group>, value: string, id: string): void {
  const group = groups.get(value);
  if (group === undefined) groups.set(value, id);
  else if (typeof group === "string") groups.set(value, new Set([group, id]));
  else group.add(id);
}

function removeFrom(groups: Map<string, Group>, value: string, id: string): void {
  const group = groups.get(value);
  if (group === undefined) return;
  if (typeof group !== "string") group.delete(id);
  if (group === id || (typeof group !== "string" && group.size === 0)) groups.delete(value);
}
