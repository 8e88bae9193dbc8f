interface Asker<Value> {
  readonly answered: (value: Value) => void;
  readonly failed: (error: unknown) => void;
}

/** Keys of one read. */
const keysMax = 500;

/**
 * Reads that go together: what is asked for in one turn of the event loop, or while `atOnce` reads are in flight, goes into
 * the next one, each key once. `read` returns how to find a key's value in what it read.
 *
 * Nothing is remembered, and no read serves a question that was asked after it began: whoever asks gets what held then or
 * later, as with a read of their own. A read that fails fails all that it was for.
 */
export function readTogether<Key, Value>(
  read: (keys: readonly Key[]) => Promise<(key: Key) => Value>,
  { atOnce = 1 }: { readonly atOnce?: number } = {},
): (key: Key) => Promise<Value> {
  let waiting = new Map<Key, Asker<Value>[]>();
  let reading = 0;
  let begins = false;

  const readSome = async () => {
    const entries = [...waiting];
    const now = entries.slice(0, keysMax);
    waiting = new Map(entries.slice(keysMax));
    reading += 1;
    try {
      const find = await read(now.map(([key]) => key));
      for (const [key, askers] of now) {
        const value = find(key);
        for (const { answered } of askers) answered(value);
      }
    } catch (error) {
      for (const [, askers] of now) for (const { failed } of askers) failed(error);
    }
    reading -= 1;
    begin();
  };
  const begin = () => {
    if (begins || reading >= atOnce || waiting.size === 0) return;
    begins = true;
    // After all that has arrived meanwhile: on a busy gateway that is most of what there is to ask.
    setImmediate(() => {
      begins = false;
      void readSome();
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
