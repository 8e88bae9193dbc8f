/**
 * One session over one channel. Requests of the client get ids of ours on the way, because clients of one channel may
 * choose the same; what the server sends is led to the request that it belongs to.
 */
import type { UpstreamRequest } from "../../deps/upstream.ts";
import { GatewayError } from "../../errors.ts";
import { isTooDeep } from "../../mcp/json-text.ts";
import type { AnswerSink } from "./answer-sink.ts";
import type { ChannelEnd, Message, MessageChannel } from "./message-channel.ts";
import { ServerQuestions } from "./server-questions.ts";
import { ServerStream } from "./server-stream.ts";

interface Pending {
  /** As the client wrote it. */
  readonly id: unknown;
  readonly progressToken: unknown;
  readonly sink: AnswerSink;
  /** To be called when something of the answer is there: then the request has left, whatever the channel says. */
  readonly reached: () => void;
}

/** A request on its way. */
export interface Asked {
  /** Resolves once it has left or something of its answer is there. Throws what the channel throws. */
  readonly underWay: Promise<void>;
  /** Tells the server that nobody waits for the answer; of no effect once it is there. */
  cancel(): void;
}

/** So many questions of a server can be open. */
const maxQuestions = 1_000;

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

const tooDeep = () =>
  new GatewayError("UPSTREAM_UNAVAILABLE", {
    sentence: "The MCP server's answer nests deeper than is passed on. The call may have taken effect.",
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
  readonly #questions: ServerQuestions;
  readonly #stream = new ServerStream();
  readonly #channel: Promise<MessageChannel>;
  /** Aborted when the session is over: an opening that is still under way is then ended too. */
  readonly #end = new AbortController();
  #lastId = 0;
  #over: GatewayError | undefined;

  /** Opens the channel, until `signal` aborts; what that throws is thrown by what is sent. */
  constructor(open: (end: ChannelEnd, signal: AbortSignal) => Promise<MessageChannel>, options: SessionOptions) {
    this.#options = options;
    this.#questions = new ServerQuestions(options.serverAsks ? maxQuestions : 0);
    const end = {
      take: (message: Message) => this.#take(message),
      ended: (error: GatewayError) => this.#finish(error),
    };
    this.#channel = open(end, this.#end.signal);
    this.#channel.catch((error: unknown) => {
      this.#finish(error instanceof GatewayError ? error : new GatewayError("UPSTREAM_UNAVAILABLE", { cause: error }));
    });
  }

  get busy(): boolean {
    return this.#pending.size > 0 || this.#stream.open;
  }

  /** Sends a request, whose answer goes to `sink`. With `signal` aborted it leaves no more. */
  request(message: Message, sink: AnswerSink, request: UpstreamRequest, signal: AbortSignal): Asked {
    if (this.#over !== undefined) return { underWay: Promise.reject(this.#over), cancel: () => undefined };
    this.#lastId += 1;
    const own = this.#lastId;
    const { progressToken } = metaOf(message);
    const { promise: underWay, resolve, reject } = Promise.withResolvers<void>();
    this.#pending.set(own, { id: message.id, progressToken, sink, reached: resolve });
    const tokens = progressToken === undefined ? {} : { _meta: { ...metaOf(message), progressToken: own } };
    const sent = progressToken === undefined ? message : withParams(message, tokens);
    let begun = false;
    const send = async () => {
      const channel = await this.#channel;
      signal.throwIfAborted();
      begun = true;
      await channel.send({ ...sent, id: own }, request, signal);
    };
    send().then(resolve, (error: unknown) => {
      reject(error);
      this.#settle(own);
    });
    return {
      underWay,
      cancel: () => {
        if (!this.#settle(own) || !begun) return;
        const params = { requestId: own, reason: "The client has gone." };
        const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params };
        this.#send(cancelled, request, undefined).catch(() => undefined);
      },
    };
  }

  /** Passes on a notification of the client, or its answer to a request of the server; with `signal` aborted no more. */
  async pass(message: Message, request: UpstreamRequest, signal: AbortSignal): Promise<void> {
    if (this.#over !== undefined) throw this.#over;
    if (typeof message.method !== "string") {
      if (this.#questions.answer(message.id)) await this.#send(message, request, signal);
      return;
    }
    if (message.method !== "notifications/cancelled") return this.#send(message, request, signal);
    const { requestId } = paramsOf(message);
    const own = [...this.#pending].find(([, { id }]) => id === requestId)?.[0];
    if (own !== undefined) await this.#send(withParams(message, { requestId: own }), request, signal);
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

  async #send(message: Message, request: UpstreamRequest | undefined, signal: AbortSignal | undefined): Promise<void> {
    const channel = await this.#channel;
    signal?.throwIfAborted();
    await channel.send(message, request, signal);
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
    this.#end.abort(error);
    for (const { sink } of this.#pending.values()) sink.fail(error);
    this.#pending.clear();
    this.#stream.end(error);
    this.#options.onEnd();
  }

  async #take(message: Message): Promise<void> {
    if (this.#over !== undefined) return;
    if (typeof message.method !== "string") return this.#answer(message);
    // What can't be written again has nowhere to go.
    if (isTooDeep(message)) return;
    if ("id" in message) return this.#ask(message);
    const { progressToken, _meta } = paramsOf(message);
    if (message.method === "notifications/progress") {
      const pending = this.#pending.get(Number(progressToken));
      return this.#deliver(pending, withParams(message, { progressToken: pending?.progressToken }));
    }
    const subscription = objectOf(_meta)[subscriptionMember];
    if (subscription !== undefined) {
      const pending = this.#pending.get(Number(subscription));
      const meta = { ...objectOf(_meta), [subscriptionMember]: pending?.id };
      return this.#deliver(pending, withParams(message, { _meta: meta }));
    }
    return this.#say(message);
  }

  async #deliver(pending: Pending | undefined, message: Message): Promise<void> {
    pending?.reached();
    await pending?.sink.deliver(message);
  }

  /** What is about nothing in particular belongs on the stream, where there is one. */
  async #say(message: Message): Promise<void> {
    const newest = this.#stream.open ? undefined : this.#newest();
    if (newest !== undefined) return this.#deliver(newest, message);
    this.#stream.send(message);
  }

  async #answer(message: Message): Promise<void> {
    // Of a request that was cancelled, or an id that the server made up; a list would be made a text of, however deep it is.
    const own = typeof message.id === "object" ? Number.NaN : Number(message.id);
    const pending = this.#pending.get(own);
    if (pending === undefined) return;
    this.#pending.delete(own);
    pending.reached();
    try {
      if (isTooDeep(message)) throw tooDeep();
      await pending.sink.finish({ ...message, id: pending.id });
    } catch (cause) {
      // It is no longer among those that the end of the session tells: nobody else would.
      pending.sink.fail(cause instanceof GatewayError ? cause : new GatewayError("UPSTREAM_UNAVAILABLE", { cause }));
    }
    this.#quiet();
  }

  async #ask(message: Message): Promise<void> {
    const noted = this.#questions.add(message.id);
    // An answer would have to repeat the id.
    if (noted === "invalid") return;
    if (noted === "full") {
      const error = { code: -32601, message: "The client answers no such request." };
      await this.#send({ jsonrpc: "2.0", id: message.id, error }, undefined, undefined).catch(() => undefined);
      return;
    }
    const newest = this.#newest();
    if (newest !== undefined) return this.#deliver(newest, message);
    this.#stream.send(message);
  }

  #newest(): Pending | undefined {
    return [...this.#pending.values()].findLast(({ sink }) => sink.open);
  }
}
