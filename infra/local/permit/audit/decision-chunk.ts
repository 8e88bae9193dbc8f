import type { LoggedDecision } from "./logged-decision.ts";

/** Decisions of one environment as they are stored: JSON in UTF-8, one a line, oldest first. */
export interface StoredChunk {
  readonly environmentId: string;
  readonly count: number;
  readonly lines: Uint8Array;
}

/** How many decisions are in all of them. */
export function countOf(chunks: readonly { readonly count: number }[]): number {
  return chunks.reduce((sum, { count }) => sum + count, 0);
}

const chunkBytes = 64 * 1024;
/** A question may be as long as a request; what is kept of each is not. */
const lineCharactersMax = 16 * 1024;

/**
 * Decisions that wait to be stored, in memory that is used again and again, outside of JavaScript's heap: as objects
 * they would live just long enough to count as long-lived, and looking through all that is long-lived for garbage is
 * what other decisions would wait for.
 */
export class DecisionChunk {
  environmentId = "";
  readonly #bytes = Buffer.allocUnsafeSlow(chunkBytes);
  #length = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Returns whether there was room for it: for any line there is when nothing else is in it. */
  add(line: string): boolean {
    // No UTF-16 unit takes more than three bytes of UTF-8.
    if (this.#length + 3 * line.length + 1 > chunkBytes) return false;
    this.#length += this.#bytes.write(line, this.#length, "utf8");
    this.#bytes[this.#length] = 0x0a;
    this.#length += 1;
    this.#count += 1;
    return true;
  }

  /** A view, not a copy: it holds until `reset`. */
  view(): StoredChunk {
    const { environmentId } = this;
    return { environmentId, count: this.#count, lines: this.#bytes.subarray(0, this.#length) };
  }

  reset(): void {
    this.#length = 0;
    this.#count = 0;
  }
}

/** One decision as a line; without its question when that is too long. */
export function writeLine(decision: LoggedDecision): string {
  const line = JSON.stringify(decision);
  return line.length <= lineCharactersMax ? line : JSON.stringify({ ...decision, input: { truncated: true } });
}

/** The decisions of a chunk, newest first. */
export function readLines(lines: Uint8Array): readonly LoggedDecision[] {
  return Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength)
    .toString("utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LoggedDecision)
    .reverse();
}
