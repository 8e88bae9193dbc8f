import type { Change } from "../state/journal.ts";

interface Waiting {
  readonly changes: readonly Change[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Puts changes to `commit` one batch at a time. What arrives during a commit shares the next one. */
export class CommitQueue {
  readonly #commit: (changes: readonly Change[]) => Promise<void>;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;

  constructor(commit: (changes: readonly Change[]) => Promise<void>) {
    this.#commit = commit;
  }

  /** Resolves when the changes are committed; all of them or none. */
  add(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#commit(lastOfEachRow(batch.flatMap(({ changes }) => changes)));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#flushing = null;
  }
}

/** One insert can't touch a row twice. */
function lastOfEachRow(changes: readonly Change[]): readonly Change[] {
  const last = new Map<string, Change>();
  for (const change of changes) {
    const key = `${change.scope} ${change.kind} ${change.id}`;
    last.delete(key);
    last.set(key, change);
  }
  return [...last.values()];
}
