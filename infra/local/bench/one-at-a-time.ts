/**
 * Work that goes together: one run at a time, each for all that came since the one before began. What is returned resolves, or
 * fails, with the run that its item was in.
 */
export function oneAtATime<Item>(run: (items: readonly Item[]) => Promise<void>): (item: Item) => Promise<void> {
  let next: { readonly items: Item[]; readonly ran: Promise<void> } | undefined;
  let latest = Promise.resolve();
  return (item) => {
    if (next === undefined) {
      const items: Item[] = [];
      const begin = () => {
        next = undefined;
        return run(items);
      };
      next = { items, ran: latest.then(begin, begin) };
      latest = next.ran;
    }
    next.items.push(item);
    return next.ran;
  };
}
