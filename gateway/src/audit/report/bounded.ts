/** Lists and counts with a bound: a report of any period fits into memory, and says what is not in it. */

/** The first items, and how many there were beyond them. */
export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly more: number;
}

/** Collects the first `max` items. */
export function boundedList<Item>(max: number): { add(item: Item): void; listed(): Listed<Item> } {
  const items: Item[] = [];
  let more = 0;
  return {
    add: (item) => {
      if (items.length < max) items.push(item);
      else more += 1;
    },
    listed: () => ({ items, more }),
  };
}

/** One value for each of the first `max` keys, made by `make`; all further keys share the value of `rest`. */
export function boundedGroups<Value>(max: number, make: () => Value) {
  const groups = new Map<string, Value>();
  const rest = make();
  let more = false;
  return {
    of: (...parts: readonly (string | null)[]): Value => {
      const key = JSON.stringify(parts);
      const known = groups.get(key);
      if (known !== undefined) return known;
      if (groups.size >= max) {
        more = true;
        return rest;
      }
      const made = make();
      groups.set(key, made);
      return made;
    },
    /** With the parts that made the key. */
    entries: (): readonly (readonly [readonly (string | null)[], Value])[] =>
      [...groups].map(([key, value]) => [JSON.parse(key) as (string | null)[], value]),
    /** Undefined when no key was too many. */
    rest: (): Value | undefined => (more ? rest : undefined),
    size: () => groups.size,
  };
}
