/**
 * One session over one channel. Requests of the client get ids of ours on the way, because clients of one channel may
 * choose the same; what the server sends is led to the request that it belongs to.
 */
import type { UpstreamRequest } from "../../deps/upstream.ts";
import { GatewayError } from "../../errors.ts";
import type { AnswerSink } from "./answer-sink.ts";
import type { ChannelEnd, Message, MessageChannel } from "./message-channel.ts";
import { ServerStream } from "./server-stream.ts";

interface Pending {
  /** As the client wrote it. */
  readonly id: unknown;
  readonly progressToken: unknown;
  readonly sink: AnswerSink;
}

/** So many questions of a server can be open. */
const maxAsked = 1_000;

const subscriptionMember = "io.modelcontextprotocol/subscriptionId";

function objectOf(value: unknown): Message {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Message) : {};
}

const paramsOf = (message: Message) => objectOf(message.params);
const metaOf = (message: Message) => objectOf(paramsOf(message)._meta);

/** The message with other members of `params`. */
const withParams = (message: Message, params: object): Message => ({
  ...message,
  params: { ...paramsOf(message), ...params },
});

export interface SessionOptions {
  /** False for clients of a revision in which servers ask clients nothing (2026-07-28 and later). */
  readonly serverAsks: boolean;
  /** Called when nothing is under way any more. */
  readonly onQuiet: () => void;
  /** Called once when the session is over, whoever ended it. */
  readonly onEnd: () => void;
}

export class ChannelSession {
  readonly #options: SessionOptions;
  readonly #pending = new Map<number, Pending>();
  /** Requests of the server that wait for the client's answer: nothing else is taken for one. */
  readonly #asked = new Set<string>();
  readonly #stream = new ServerStream();
  readonly #channel: Promise<MessageChannel>;
  #lastId = 0;
  #over: GatewayError | undefined;

  /** Opens the channel; what that throws is thrown by what is sent. */
  constructor(open: (end: ChannelEnd) => Promise<MessageChannel>, options: SessionOptions) {
    this.#options = options;
    this.#channel = open({
      take: (message) => this.#take(message),
      ended: (error) => this.#finish(error),
    });
    this.#channel.catch((error: unknown) => {
      this.#finish(error instanceof GatewayError ? error : new GatewayError("UPSTREAM_UNAVAILABLE", { cause: error }));
    });
  }

  get busy(): boolean {
    return this.#pending.size > 0 || this.#stream.open;
  }

  /** Sends a request, whose answer goes to `sink`. Throws what the channel throws. */
  async request(message: Message, sink: AnswerSink, request: UpstreamRequest): Promise<{ cancel(): void }> {
    if (this.#over !== undefined) throw this.#over;
    this.#lastId += 1;
    const own = this.#lastId;
    const { progressToken } = metaOf(message);
    this.#pending.set(own, { id: message.id, progressToken, sink });
    const tokens = progressToken === undefined ? {} : { _meta: { ...metaOf(message), progressToken: own } };
    const sent = progressToken === undefined ? message : withParams(message, tokens);
    try {
      await this.#send({ ...sent, id: own }, request);
    } catch (error) {
      this.#settle(own);
      throw error;
    }
    return {
      cancel: () => {
        if (!this.#settle(own)) return;
        const params = { requestId: own, reason: "The client has gone." };
        const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params };
        this.#send(cancelled, request).catch(() => undefined);
      },
    };
  }

  /** Passes on a notification of the client, or its answer to a request of the server. */
  async pass(message: Message, request: UpstreamRequest): Promise<void> {
    if (this.#over !== undefined) throw this.#over;
    if (typeof message.method !== "string") {
      if (this.#asked.delete(JSON.stringify(message.id))) await this.#send(message, request);
      return;
    }
    if (message.method !== "notifications/cancelled") return this.#send(message, request);
    const { requestId } = paramsOf(message);
    const own = [...this.#pending].find(([, { id }]) => id === requestId)?.[0];
    if (own !== undefined) await this.#send(withParams(message, { requestId: own }), request);
  }

  /** Opens the stream of what the server says of its own accord, see `ServerStream`. */
  listen(maxBytes: number): ReturnType<ServerStream["listen"]> {
    if (this.#over !== undefined) throw this.#over;
    return this.#stream.listen(() => this.#quiet(), maxBytes);
  }

  /** Ends the session and what it runs on. */
  async close(reason: GatewayError): Promise<void> {
    this.#finish(reason);
    await (await this.#channel.catch(() => undefined))?.close();
  }

  async #send(message: Message, request: UpstreamRequest | undefined): Promise<void> {
    const channel = await this.#channel;
    await channel.send(message, request);
  }

  #settle(own: number): boolean {
    const was = this.#pending.delete(own);
    if (was) this.#quiet();
    return was;
  }

  #quiet(): void {
    if (!this.busy && this.#over === undefined) this.#options.onQuiet();
  }

  #finish(error: GatewayError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    for (const { sink } of this.#pending.values()) sink.fail(error);
    this.#pending.clear();
    this.#stream.end(error);
    this.#options.onEnd();
  }

  async #take(message: Message): Promise<void> {
    if (this.#over !== undefined) return;
    if (typeof message.method !== "string") return this.#answer(message);
    if ("id" in message) return this.#ask(message);
    const { progressToken, _meta } = paramsOf(message);
    if (message.method === "notifications/progress") {
      const pending = this.#pending.get(Number(progressToken));
      return pending?.sink.deliver(withParams(message, { progressToken: pending.progressToken }));
    }
    const subscription = objectOf(_meta)[subscriptionMember];
    if (subscription !== undefined) {
      const pending = this.#pending.get(Number(subscription));
      const meta = { ...objectOf(_meta), [subscriptionMember]: pending?.id };
      return pending?.sink.deliver(withParams(message, { _meta: meta }));
    }
    // What is about nothing in particular belongs on the stream, where there is one.
    const newest = this.#stream.open ? undefined : this.#newest();
    if (newest !== undefined) return newest.sink.deliver(message);
    this.#stream.send(message);
  }

  async #answer(message: Message): Promise<void> {
    const own = Number(message.id);
    const pending = this.#pending.get(own);
    // Of a request that was cancelled, or an id that the server made up.
    if (pending === undefined) return;
    this.#pending.delete(own);
    await pending.sink.finish({ ...message, id: pending.id });
    this.#quiet();
  }

  async #ask(message: Message): Promise<void> {
    if (!this.#options.serverAsks || this.#asked.size >= maxAsked) {
      const error = { code: -32601, message: "The client answers no such request." };
      await this.#send({ jsonrpc: "2.0", id: message.id, error }, undefined).catch(() => undefined);
      return;
    }
    this.#asked.add(JSON.stringify(message.id));
    const newest = this.#newest();
    if (newest !== undefined) return newest.sink.deliver(message);
    this.#stream.send(message);
  }

  #newest(): Pending | undefined {
    return [...this.#pending.values()].findLast(({ sink }) => sink.open);
  }
}
