import type { FetchLike } from "@modelcontextprotocol/client";

/** The server took more time or sent more than it may. The message is a sentence. */
export class BudgetError extends Error {}

/** Bytes that a server may send in all: several times the largest lock that the loader reads. */
const bytesMax = 16 * 1024 * 1024;

/** What a server may cost: a hostile one sends without end, or one byte a minute. */
export class Budget {
  readonly #seconds: number;
  #bytesLeft = bytesMax;
  #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** @param seconds how long the server may take between `start` and `stop` */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** Aborts when the budget is used up; the reason is a BudgetError. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Begins to count the time, anew each time: waiting for a human in between doesn't count. */
  start(): void {
    this.stop();
    this.#abort = new AbortController();
    const late = () => this.#abort.abort(new BudgetError(`The server took longer than ${this.#seconds} seconds.`));
    this.#timer = setTimeout(late, this.#seconds * 1000);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Resolves as `work` does. Throws BudgetError as soon as the budget is used up, whatever `work` still does. */
  async within<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    const { promise: used, reject } = Promise.withResolvers<never>();
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    try {
      return await Promise.race([work, used]);
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  /** Counts what a server has sent. */
  take(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) {
      this.#abort.abort(new BudgetError(`The server sent more than ${bytesMax / 1024 / 1024} MB.`));
    }
  }

  /** `fetch` within the budget: all answers together, their streams included. */
  readonly fetch: FetchLike = async (url, init) => {
    const signals = init?.signal == null ? [this.signal] : [this.signal, init.signal];
    const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
    if (response.body === null) return response;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        this.take(chunk.byteLength);
        controller.enqueue(chunk);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(counted), { status, statusText, headers });
  };
}
