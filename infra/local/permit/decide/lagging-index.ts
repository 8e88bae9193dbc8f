import type { ChangeListener, RowChange } from "../state/journal.ts";
import { DecisionIndex } from "./decision-index.ts";

interface Waiting {
  readonly applied: number;
  readonly resolve: (caughtUp: boolean) => void;
}

/** The index of one environment, and how far it has followed the writes. */
export class LaggingIndex implements ChangeListener {
  readonly index = new DecisionIndex();
  readonly #propagate: (apply: () => void) => void;
  #written = 0;
  #applied = 0;
  #waiting: Waiting[] = [];

  /** @param propagate runs what makes a write visible, sooner or later and in the order of the calls. */
  constructor(propagate: (apply: () => void) => void = (apply) => apply()) {
    this.#propagate = propagate;
  }

  loaded(change: RowChange): void {
    this.index.apply(change);
  }

  changed(changes: readonly RowChange[]): void {
    this.#written += 1;
    this.#propagate(() => {
      for (const change of changes) this.index.apply(change);
      this.#applied += 1;
      const waiting = this.#waiting;
      this.#waiting = waiting.filter(({ applied }) => applied > this.#applied);
      for (const { applied, resolve } of waiting) if (applied <= this.#applied) resolve(true);
    });
  }

  /** Waits until decisions see everything that is written by now: whether they do within the time; null waits for ever. */
  caughtUp(timeoutMs: number | null): Promise<boolean> {
    const applied = this.#written;
    if (applied <= this.#applied) return Promise.resolve(true);
    return new Promise((resolve) => {
      const entry = { applied, resolve };
      this.#waiting.push(entry);
      if (timeoutMs === null) return;
      const give = setTimeout(() => {
        this.#waiting = this.#waiting.filter((each) => each !== entry);
        resolve(false);
      }, timeoutMs);
      give.unref();
    });
  }
}
