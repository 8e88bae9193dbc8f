/** Servers that are no HTTP endpoint of today: messages go one way, answers and requests come back the other. */
import type { UpstreamCaller, UpstreamRequest } from "../../deps/upstream.ts";
import type { GatewayError } from "../../errors.ts";

/** A JSON-RPC message. */
export type Message = Readonly<Record<string, unknown>>;

/** What comes out of a channel. */
export interface ChannelEnd {
  /** One message of the server. The next is not read before it resolves: so a slow client slows the server down. */
  take(message: Message): Promise<void>;
  /** Called once when the channel has ended by itself, with what the client is told. */
  ended(error: GatewayError): void;
}

/** One connection to a server, for one session. */
export interface MessageChannel {
  /**
   * `request` is what brought it. Resolves when the message has left. One that can't leave before `signal` aborts, or within
   * a minute, is given up, and with it the channel where nothing can follow it. Throws GatewayError UPSTREAM_UNAVAILABLE,
   * what `signal` was aborted with, and ChannelRefusal.
   */
  send(message: Message, request: UpstreamRequest | undefined, signal: AbortSignal | undefined): Promise<void>;
  /** Ends it. Resolves when nothing of it is left. Safe to call twice. */
  close(): Promise<void>;
}

/** The server has answered with a status that whoever sent the request deals with: 401, for example. */
export class ChannelRefusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;

  constructor(status: number, headers: ChannelRefusal["headers"]) {
    super(`status ${status}`);
    this.status = status;
    this.headers = headers;
  }
}

/** So long a message may take to leave, in milliseconds. */
export const leaveTimeoutMs = 60_000;

/**
 * Opens a channel. An abort of `signal` ends the opening, and of what was opened all that `close` would not wait for. Throws
 * what `MessageChannel.send` throws, SECRET_UNAVAILABLE and PROGRAM_NOT_ALLOWED.
 */
export type OpenChannel = (
  caller: UpstreamCaller,
  request: UpstreamRequest,
  end: ChannelEnd,
  signal: AbortSignal,
) => Promise<MessageChannel>;
