/** Several sequences that are in order, as one. */

/** A sequence that is in order. */
export interface OrderedSource<Item> {
  /** No item of it has a place before this. */
  readonly begins: number;
  open(): AsyncIterable<Item>;
}

interface Opened<Item> {
  readonly iterator: AsyncIterator<Item>;
  item: Item;
}

/**
 * All items of `sources` in order. A source is opened when its turn may have come, and is let go at its end: so what is
 * held at once are the sources that overlap, not all there are. `sources` are in the order of `begins`.
 */
export async function* inOrder<Item>(
  sources: readonly OrderedSource<Item>[],
  placeOf: (item: Item) => number,
  compare: (a: Item, b: Item) => number,
): AsyncGenerator<Item> {
  const opened: Opened<Item>[] = [];
  let next = 0;
  const first = () =>
    opened.reduce<Opened<Item> | undefined>(
      (best, each) => (best === undefined || compare(each.item, best.item) < 0 ? each : best),
      undefined,
    );
  try {
    for (;;) {
      let best = first();
      for (let source = sources[next]; source !== undefined; source = sources[next]) {
        if (best !== undefined && placeOf(best.item) < source.begins) break;
        next += 1;
        const iterator = source.open()[Symbol.asyncIterator]();
        const { done, value } = await iterator.next();
        if (done !== true) opened.push({ iterator, item: value });
        best = first();
      }
      if (best === undefined) return;
      yield best.item;
      const { done, value } = await best.iterator.next();
      if (done === true) opened.splice(opened.indexOf(best), 1);
      else best.item = value;
    }
  } finally {
    for (const { iterator } of opened) await iterator.return?.();
  }
}
