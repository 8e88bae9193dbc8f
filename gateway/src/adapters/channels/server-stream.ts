/** The stream of a session on which the server speaks of its own accord (MCP transports, listening for messages). */
import { PassThrough, type Readable } from "node:stream";
import { answerTooLarge } from "../answer-limit.ts";
import { eventOf } from "./answer-sink.ts";
import type { Message } from "./message-channel.ts";

/** While no stream is open, so much is kept for the next one; older messages go first. */
const maxKept = 100;
const maxKeptChars = 1024 * 1024;
/** A stream that nobody reads is closed, so that it can't hold up the answers to the session's calls. */
const maxUnreadBytes = 1024 * 1024;

export class ServerStream {
  #body: PassThrough | undefined;
  #kept: string[] = [];
  #maxBytes = Number.POSITIVE_INFINITY;

  get open(): boolean {
    return this.#body !== undefined;
  }

  /**
   * Opens the stream, in place of the one before: a client that comes again has lost that one. It fails with
   * UPSTREAM_ANSWER_TOO_LARGE where an event has more than `maxBytes`. Throws that for an event that is waiting, once.
   */
  listen(onClose: () => void, maxBytes: number): Readable {
    const fitting = this.#kept.filter((event) => Buffer.byteLength(event) <= maxBytes);
    if (fitting.length < this.#kept.length) {
      this.#kept = fitting;
      throw answerTooLarge(maxBytes);
    }
    this.#maxBytes = maxBytes;
    this.#body?.end();
    const body = new PassThrough({ highWaterMark: maxUnreadBytes });
    this.#body = body;
    body.on("error", () => undefined);
    body.once("close", () => {
      if (this.#body === body) this.#body = undefined;
      onClose();
    });
    const kept = this.#kept;
    this.#kept = [];
    for (const event of kept) body.write(event);
    return body;
  }

  send(message: Message): void {
    const event = eventOf(message);
    if (this.#body !== undefined) {
      if (Buffer.byteLength(event) > this.#maxBytes) this.#body.destroy(answerTooLarge(this.#maxBytes));
      else if (!this.#body.write(event)) this.#body.destroy();
      return;
    }
    if (event.length > maxKeptChars) return;
    this.#kept.push(event);
    const chars = () => this.#kept.reduce((sum, { length }) => sum + length, 0);
    while (this.#kept.length > maxKept || chars() > maxKeptChars) this.#kept.shift();
  }

  end(error?: Error): void {
    this.#body?.destroy(error);
    this.#kept = [];
  }
}
