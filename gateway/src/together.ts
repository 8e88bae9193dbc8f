interface Asker<Value> {
  readonly answered: (value: Value) => void;
  readonly failed: (error: unknown) => void;
}

/** Keys of one run. */
const keysMax = 500;

/**
 * Work that goes together, reads or writes: what is asked for in one turn of the event loop, or while `atOnce` runs are in
 * flight, goes into the next one, each key once. `run` returns how to find a key's value in what came of it.
 *
 * Nothing is remembered, and no run serves a question that was asked after it began: whoever asks gets what held then or
 * later, as with a run of their own. A run that fails fails all that it was for.
 */
export function together<Key, Value>(
  run: (keys: readonly Key[]) => Promise<(key: Key) => Value>,
  { atOnce = 1 }: { readonly atOnce?: number } = {},
): (key: Key) => Promise<Value> {
  let waiting = new Map<Key, Asker<Value>[]>();
  let running = 0;
  let begins = false;

  const runSome = async () => {
    const entries = [...waiting];
    const now = entries.slice(0, keysMax);
    waiting = new Map(entries.slice(keysMax));
    running += 1;
    try {
      const find = await run(now.map(([key]) => key));
      for (const [key, askers] of now) {
        const value = find(key);
        for (const { answered } of askers) answered(value);
      }
    } catch (error) {
      for (const [, askers] of now) for (const { failed } of askers) failed(error);
    }
    running -= 1;
    begin();
  };
  const begin = () => {
    if (begins || running >= atOnce || waiting.size === 0) return;
    begins = true;
    // After all that has arrived meanwhile: on a busy gateway that is most of what there is to ask.
    setImmediate(() => {
      begins = false;
      void runSome();
      begin();
    });
  };
  return (key) =>
    new Promise((answered, failed) => {
      const askers = waiting.get(key);
      if (askers === undefined) waiting.set(key, [{ answered, failed }]);
      else askers.push({ answered, failed });
      begin();
    });
}
