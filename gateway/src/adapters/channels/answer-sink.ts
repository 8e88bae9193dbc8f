/** Where the answer to one request goes: an event stream, or one JSON body for a client that takes no events. */
import { PassThrough, type Readable } from "node:stream";
import { answerTooLarge } from "../answer-limit.ts";
import type { Message } from "./message-channel.ts";

/** What a request waits with. */
export interface AnswerSink {
  /** True while somebody reads. */
  readonly open: boolean;
  /** Something on the way to the answer: progress, a request of the server. Resolves when there is room for more. */
  deliver(message: Message): Promise<void>;
  /** The answer, after which nothing comes. */
  finish(message: Message): Promise<void>;
  fail(error: Error): void;
}

/** One server-sent event (HTML standard). */
export function eventOf(message: Message): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

async function write(body: PassThrough, message: Message, maxBytes: number): Promise<void> {
  const event = eventOf(message);
  if (Buffer.byteLength(event) > maxBytes) body.destroy(answerTooLarge(maxBytes));
  if (body.destroyed || body.write(event)) return;
  // Whoever reads no further holds the server up, and not the gateway's memory.
  await new Promise<void>((resolve) => {
    const go = () => {
      body.off("drain", go).off("close", go);
      resolve();
    };
    body.on("drain", go).on("close", go);
  });
}

/** An answer as an event stream, which fails with UPSTREAM_ANSWER_TOO_LARGE where an event has more than `maxBytes`. */
export function eventSink(maxBytes: number): AnswerSink & { readonly body: Readable } {
  const body = new PassThrough();
  body.on("error", () => undefined);
  return {
    body,
    get open() {
      return !body.destroyed && !body.writableEnded;
    },
    deliver: (message) => write(body, message, maxBytes),
    finish: async (message) => {
      await write(body, message, maxBytes);
      body.end();
    },
    fail: (error) => body.destroy(error),
  };
}

/** An answer as one message of at most `maxBytes`; what comes before it has nowhere to go. Fails likewise. */
export function wholeSink(maxBytes: number): AnswerSink & { readonly answer: Promise<Message> } {
  const { promise, resolve, reject } = Promise.withResolvers<Message>();
  promise.catch(() => undefined);
  let open = true;
  return {
    answer: promise,
    get open() {
      return open;
    },
    deliver: async () => undefined,
    finish: async (message) => {
      open = false;
      if (Buffer.byteLength(JSON.stringify(message)) > maxBytes) reject(answerTooLarge(maxBytes));
      else resolve(message);
    },
    fail: (error) => {
      open = false;
      reject(error);
    },
  };
}
