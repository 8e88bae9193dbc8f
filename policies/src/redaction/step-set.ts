import type { Step } from "./json-path.ts";

/**
 * The steps with which paths go on below a value. Steps that select by name are found by the name: a list of fifty
 * names that are secret wherever they are costs no more than one.
 */
export class StepSet {
  readonly isEmpty: boolean;
  readonly #byName = new Map<string, Step[]>();
  readonly #others: readonly Step[];
  readonly #descending: readonly Step[];
  #below: StepSet | undefined;
  // Most children of a list or object are selected by the same steps as the one before.
  #last: { readonly selecting: readonly Step[]; readonly below: StepSet } | undefined;

  constructor(steps: ReadonlySet<Step>) {
    this.isEmpty = steps.size === 0;
    const all = [...steps];
    for (const step of all) {
      for (const name of new Set(step.names)) {
        const known = this.#byName.get(name);
        if (known === undefined) this.#byName.set(name, [step]);
        else known.push(step);
      }
    }
    this.#others = all.filter(({ names }) => names === undefined);
    this.#descending = all.filter(({ descends }) => descends);
    if (this.#descending.length === all.length) this.#below = this;
  }

  /** The steps that select a child. */
  selecting(child: unknown, key: string | number, length: number): readonly Step[] {
    const named = typeof key === "string" ? (this.#byName.get(key) ?? []) : [];
    if (this.#others.length === 0) return named;
    return [...named, ...this.#others.filter((step) => step.selects(child, key, length))];
  }

  /** The steps below a child that these steps select. */
  below(selecting: readonly Step[]): StepSet {
    if (selecting.length === 0) {
      this.#below ??= new StepSet(new Set(this.#descending));
      return this.#below;
    }
    const last = this.#last;
    if (last?.selecting.length === selecting.length && last.selecting.every((step, at) => step === selecting[at])) {
      return last.below;
    }
    const next = selecting.flatMap((step) => step.next ?? []);
    const below = new StepSet(new Set([...this.#descending, ...next]));
    this.#last = { selecting, below };
    return below;
  }
}
