/**
 * Rows with the nodes that they lead to, as a Map: but most nodes have one row or none, and 50,000 Maps for one entry
 * each would be as much memory as all rows.
 */
export class Links<R extends object, N> implements Iterable<[R, N]> {
  /** The only row and its node, while there is one; null then without a row. */
  #row: R | null = null;
  #node: N | null = null;
  #many: Map<R, N> | null = null;

  get size(): number {
    return this.#many?.size ?? (this.#row === null ? 0 : 1);
  }

  set(row: R, node: N): void {
    if (this.#many === null && (this.#row === null || this.#row === row)) {
      this.#row = row;
      this.#node = node;
      return;
    }
    this.#many ??= new Map(this);
    this.#row = null;
    this.#node = null;
    this.#many.set(row, node);
  }

  delete(row: R): void {
    this.#many?.delete(row);
    if (this.#row !== row) return;
    this.#row = null;
    this.#node = null;
  }

  keys(): Iterable<R> {
    return this.#many?.keys() ?? (this.#row === null ? [] : [this.#row]);
  }

  [Symbol.iterator](): Iterator<[R, N]> {
    if (this.#many !== null) return this.#many[Symbol.iterator]();
    const only: [R, N][] = this.#row === null ? [] : [[this.#row, this.#node as N]];
    return only[Symbol.iterator]();
  }
}
