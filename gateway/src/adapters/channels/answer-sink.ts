/** Where the answer to one request goes: an event stream, or one JSON body for a client that takes no events. */
import { PassThrough, type Readable } from "node:stream";
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

async function write(body: PassThrough, message: Message): Promise<void> {
  if (body.destroyed || body.write(eventOf(message))) return;
  // Whoever reads no further holds the server up, and not the gateway's memory.
  await new Promise<void>((resolve) => {
    const go = () => {
      body.off("drain", go).off("close", go);
      resolve();
    };
    body.on("drain", go).on("close", go);
  });
}

/** An answer as an event stream. */
export function eventSink(): AnswerSink & { readonly body: Readable } {
  const body = new PassThrough();
  body.on("error", () => undefined);
  return {
    body,
    get open() {
      return !body.destroyed && !body.writableEnded;
    },
    deliver: (message) => write(body, message),
    finish: async (message) => {
      await write(body, message);
      body.end();
    },
    fail: (error) => body.destroy(error),
  };
}

/** An answer as one message; what comes before it has nowhere to go. */
export function wholeSink(): AnswerSink & { readonly answer: Promise<Message> } {
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
      resolve(message);
    },
    fail: (error) => {
      open = false;
      reject(error);
    },
  };
}
