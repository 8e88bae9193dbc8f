/** Reads HTTP/1.1 answers off a socket, one after the other, with little work: the reader must not be what is measured. */

/** One answer. */
export interface ReadAnswer {
  readonly status: number;
  readonly bodyBytes: number;
  /** At most the first 256 bytes of the body. */
  readonly bodyStart: string;
}

const startBytes = 256;
const none = Buffer.alloc(0);

type Part = "head" | "body" | "chunk-size" | "chunk" | "chunk-end" | "last";

/**
 * Calls `onAnswer` for each whole answer in what `take` is given. Bodies have a length or are chunked; throws for
 * anything else, such as an answer that ends with its connection.
 */
export class AnswerReader {
  readonly #onAnswer: (answer: ReadAnswer) => void;
  #rest: Buffer = none;
  #part: Part = "head";
  #left = 0;
  #status = 0;
  #bodyBytes = 0;
  #bodyStart = "";

  constructor(onAnswer: (answer: ReadAnswer) => void) {
    this.#onAnswer = onAnswer;
  }

  take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#step());
  }

  /** Reads one part; false when it is not there yet. */
  #step(): boolean {
    switch (this.#part) {
      case "head":
        return this.#readHead();
      case "body":
        return this.#readBytes("head");
      case "chunk":
        return this.#readBytes("chunk-end");
      case "chunk-size": {
        const line = this.#line("\r\n");
        if (line === undefined) return false;
        this.#left = Number.parseInt(line, 16);
        this.#part = this.#left === 0 ? "last" : "chunk";
        return true;
      }
      case "chunk-end":
        if (this.#line("\r\n") === undefined) return false;
        this.#part = "chunk-size";
        return true;
      case "last":
        if (this.#line("\r\n") === undefined) return false;
        this.#finish();
        return true;
    }
  }

  #line(end: string): string | undefined {
    const at = this.#rest.indexOf(end);
    if (at === -1) return undefined;
    const line = this.#rest.toString("latin1", 0, at);
    this.#rest = this.#rest.subarray(at + end.length);
    return line;
  }

  #readHead(): boolean {
    const head = this.#line("\r\n\r\n");
    if (head === undefined) return false;
    this.#status = Number(head.slice(9, 12));
    this.#bodyBytes = 0;
    this.#bodyStart = "";
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) {
      this.#left = Number(length);
      this.#part = "body";
      if (this.#left === 0) this.#finish();
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#part = "chunk-size";
    else if (this.#status === 204) this.#finish();
    else throw new Error(`An answer without a length: ${head.slice(0, 200)}`);
    return true;
  }

  #readBytes(next: "head" | "chunk-end"): boolean {
    const some = this.#rest.subarray(0, this.#left);
    if (some.length === 0) return false;
    if (this.#bodyStart.length < startBytes) {
      this.#bodyStart += some.toString("latin1", 0, startBytes - this.#bodyStart.length);
    }
    this.#bodyBytes += some.length;
    this.#left -= some.length;
    this.#rest = this.#rest.subarray(some.length);
    if (this.#left > 0) return false;
    if (next === "head") this.#finish();
    else this.#part = next;
    return true;
  }

  #finish(): void {
    this.#part = "head";
    this.#onAnswer({ status: this.#status, bodyBytes: this.#bodyBytes, bodyStart: this.#bodyStart });
  }
}
