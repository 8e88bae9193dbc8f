import type { Journal } from "./journal.ts";

/** Anything stored: immutable, replaced as a whole. */
export interface Row {
  /** UUID. */
  readonly id: string;
}

interface Index<R extends Row> {
  readonly pick: (row: R) => string | null;
  readonly groups: Map<string, Map<string, R>>;
}

interface Placed<R extends Row> {
  readonly row: R;
  /** Place in the order of creation. */
  readonly ordinal: number;
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
  readonly #rows = new Map<string, Placed<R>>();
  readonly #keys = new Map<string, R>();
  readonly #indexes = new Map<string, Index<R>>();
  #nextOrdinal = 0;
  /** An undone deletion puts a row at the end of its maps; they are brought in order when read next. */
  #disordered = false;

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
      this.#indexes.set(name, { pick, groups: new Map() });
    }
  }

  get kind(): string {
    return this.#kind;
  }

  get size(): number {
    return this.#rows.size;
  }

  *[Symbol.iterator](): IterableIterator<R> {
    this.#reorder();
    for (const { row } of this.#rows.values()) yield row;
  }

  byKey(key: string): R | undefined {
    return this.#keys.get(key);
  }

  byId(id: string): R | undefined {
    return this.#rows.get(id)?.row;
  }

  /** The rows whose indexed value is `value`, oldest first; a copy, so that the caller may delete while reading. */
  by(index: I, value: string): readonly R[] {
    this.#reorder();
    return [...(this.#indexes.get(index)?.groups.get(value)?.values() ?? [])];
  }

  /** Adds a row or replaces the one with its id. Throws when another row has its key: callers check first. */
  put(row: R): R {
    const before = this.#rows.get(row.id);
    const holder = this.#keys.get(this.#keyOf(row));
    if (holder !== undefined && holder.id !== row.id) throw new Error(`Two rows of ${this.#kind} with one key.`);
    this.#set({ row, ordinal: before?.ordinal ?? this.#nextOrdinal });
    const change = { scope: this.#scope, kind: this.#kind, id: row.id, body: row };
    this.#journal.record(change, before?.row ?? null, () =>
      before === undefined ? this.#unset(row.id) : this.#set(before),
    );
    return row;
  }

  delete(id: string): void {
    const before = this.#rows.get(id);
    if (before === undefined) return;
    this.#unset(id);
    this.#journal.record({ scope: this.#scope, kind: this.#kind, id, body: null }, before.row, () => {
      this.#set(before);
      this.#disordered = true;
    });
  }

  /** Puts a stored row back at start-up. It is not recorded again. */
  load(row: R): void {
    this.#set({ row, ordinal: this.#nextOrdinal });
    this.#journal.loaded(this.#scope, this.#kind, row);
  }

  /** A row that stays under its key and index values keeps its place in every map. */
  #set(placed: Placed<R>): void {
    const { row } = placed;
    const before = this.#rows.get(row.id)?.row;
    if (before !== undefined && this.#keyOf(before) !== this.#keyOf(row)) this.#keys.delete(this.#keyOf(before));
    this.#rows.set(row.id, placed);
    this.#keys.set(this.#keyOf(row), row);
    this.#nextOrdinal = Math.max(this.#nextOrdinal, placed.ordinal + 1);
    for (const index of this.#indexes.values()) {
      const value = index.pick(row);
      if (before !== undefined && index.pick(before) !== value) removeFrom(index, before);
      if (value === null) continue;
      const group = index.groups.get(value);
      if (group === undefined) index.groups.set(value, new Map([[row.id, row]]));
      else group.set(row.id, row);
    }
  }

  #unset(id: string): void {
    const before = this.#rows.get(id)?.row;
    if (before === undefined) return;
    this.#rows.delete(id);
    this.#keys.delete(this.#keyOf(before));
    for (const index of this.#indexes.values()) removeFrom(index, before);
  }

  #reorder(): void {
    if (!this.#disordered) return;
    this.#disordered = false;
    const placed = [...this.#rows.values()].toSorted((a, b) => a.ordinal - b.ordinal);
    this.#rows.clear();
    for (const { groups } of this.#indexes.values()) groups.clear();
    for (const each of placed) this.#set(each);
  }
}

function removeFrom<R extends Row>({ pick, groups }: Index<R>, row: R): void {
  const value = pick(row);
  if (value === null) return;
  const group = groups.get(value);
  group?.delete(row.id);
  if (group?.size === 0) groups.delete(value);
}
