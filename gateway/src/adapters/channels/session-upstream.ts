/** Sessions over channels, as the HTTP endpoint that the MCP path knows: streamable HTTP of 2025-03-26 and later. */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { UpstreamAnswer, UpstreamCaller, UpstreamRequest } from "../../deps/upstream.ts";
import { GatewayError } from "../../errors.ts";
import { parseJson } from "../../mcp/json-text.ts";
import { isStateless } from "../../mcp/revision.ts";
import type { ClosableUpstream } from "../upstream.ts";
import { startDeadline } from "../upstream-deadline.ts";
import { type AnswerSink, eventSink, wholeSink } from "./answer-sink.ts";
import { ChannelSession } from "./channel-session.ts";
import { ChannelRefusal, type Message, type OpenChannel } from "./message-channel.ts";

/** Limits of the sessions of one gateway. */
export interface SessionLimits {
  /** A session without a request or stream for so long is ended. */
  readonly idleMs: number;
  /** Of one human, over all agents and servers. */
  readonly perHuman: number;
  readonly all: number;
}

export const sessionLimits: SessionLimits = { idleMs: 10 * 60_000, perHuman: 8, all: 64 };

interface Entry {
  readonly session: ChannelSession;
  readonly human: string;
  /** Whose it is and for what: see `ownerOf`. */
  readonly owner: string;
  idle: NodeJS.Timeout | undefined;
}

const over = () => new GatewayError("UPSTREAM_UNAVAILABLE", { sentence: "The session with the MCP server has ended." });

/** Agent and server, with all that says what the server is: after a change of the policy it is another one. */
function ownerOf({ agent, server }: UpstreamCaller): string {
  return JSON.stringify([agent.clientId, agent.email, server.key, server.upstreamUrl, server.transport]);
}

const maxBytesOf = ({ caller }: UpstreamRequest) => caller?.server.maxAnswerBytes ?? Number.POSITIVE_INFINITY;

function answer(status: number, headers: UpstreamAnswer["headers"] = {}, body?: Message): UpstreamAnswer {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  return {
    status,
    headers: { ...headers, ...type },
    body: Readable.from(body === undefined ? [] : [JSON.stringify(body)]),
  };
}

const rpcError = (id: unknown, message: string): Message => ({ jsonrpc: "2.0", id, error: { code: -32600, message } });

/** One that holds sessions. */
export interface SessionUpstream extends ClosableUpstream {
  /** How many there are now. */
  sessions(): number;
}

/** One `Upstream` for all servers that `open` can reach. Every request must have a `caller`. */
export function createSessionUpstream(open: OpenChannel, limits: SessionLimits = sessionLimits): SessionUpstream {
  const entries = new Map<string, Entry>();
  const ending = new Set<Promise<void>>();

  const end = (session: ChannelSession): Promise<void> => {
    const ended = session.close(over()).finally(() => ending.delete(ended));
    ending.add(ended);
    return ended;
  };

  const rest = (key: string) => {
    const entry = entries.get(key);
    if (entry === undefined || entry.session.busy) return;
    clearTimeout(entry.idle);
    entry.idle = setTimeout(() => {
      if (!entry.session.busy) void end(entry.session);
    }, limits.idleMs);
    entry.idle.unref();
  };

  /** Makes room for one more session, by ending the human's longest unused one. Throws when all are in use. */
  const makeRoom = (human: string) => {
    const own = [...entries.values()].filter((entry) => entry.human === human);
    const crowded = own.length >= limits.perHuman || entries.size >= limits.all;
    if (!crowded) return;
    const unused = own.find(({ session }) => !session.busy);
    if (unused !== undefined) return void end(unused.session);
    const sentence = "Too many sessions with this kind of MCP server are in use. Close some clients, then try again.";
    throw new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail: `${entries.size} sessions` });
  };

  const start = (key: string, request: UpstreamRequest, caller: UpstreamCaller, serverAsks: boolean) => {
    makeRoom(caller.agent.email);
    const session = new ChannelSession((channelEnd) => open(caller, request, channelEnd), {
      serverAsks,
      onQuiet: () => rest(key),
      onEnd: () => {
        clearTimeout(entries.get(key)?.idle);
        entries.delete(key);
      },
    });
    entries.set(key, { session, human: caller.agent.email, owner: ownerOf(caller), idle: undefined });
    return session;
  };

  /** Sends a request whose answer `sink` gets, until the time is up or whoever asked goes away. */
  const ask = async (session: ChannelSession, message: Message, sink: AnswerSink, request: UpstreamRequest) => {
    const deadline = request.timeoutMs === undefined ? undefined : startDeadline(request.timeoutMs);
    const signals = deadline === undefined ? [request.signal] : [request.signal, deadline.signal];
    const signal = AbortSignal.any(signals);
    signal.throwIfAborted();
    try {
      const asked = await session.request(message, sink, request);
      const end = () => {
        asked.cancel();
        sink.fail(signal.reason instanceof GatewayError ? signal.reason : over());
      };
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      return () => {
        signal.removeEventListener("abort", end);
        deadline?.release();
        asked.cancel();
      };
    } catch (error) {
      deadline?.release();
      throw error;
    }
  };

  const askWhole = async (session: ChannelSession, message: Message, request: UpstreamRequest): Promise<Message> => {
    const sink = wholeSink(maxBytesOf(request));
    const done = await ask(session, message, sink, request);
    return sink.answer.finally(done);
  };

  const initialize = async (message: Message, request: UpstreamRequest, caller: UpstreamCaller) => {
    const key = randomUUID();
    const session = start(key, request, caller, true);
    try {
      const answered = await askWhole(session, message, request);
      if ("result" in answered) return answer(200, { "mcp-session-id": key }, answered);
      void end(session);
      return answer(200, {}, answered);
    } catch (error) {
      void end(session);
      throw error;
    }
  };

  const post = async (request: UpstreamRequest, caller: UpstreamCaller, key: string | undefined) => {
    const found = key === undefined ? undefined : entries.get(key)?.session;
    const message = parseJson(request.body ?? "") as Message;
    if (found === undefined && message.method === "initialize") return initialize(message, request, caller);
    const stateless = found === undefined && isStateless(request.headers["mcp-protocol-version"]);
    if (found === undefined && !stateless) {
      return answer(400, {}, rpcError(message.id, "Initialize a session first: the header Mcp-Session-Id is missing."));
    }
    const shared = `stateless ${ownerOf(caller)}`;
    const session = found ?? entries.get(shared)?.session ?? start(shared, request, caller, false);
    if (typeof message.method !== "string" || !("id" in message)) {
      await session.pass(message, request);
      rest(key ?? shared);
      return answer(202);
    }
    if (!(request.headers.accept ?? "").includes("text/event-stream")) {
      return answer(200, {}, await askWhole(session, message, request));
    }
    const sink = eventSink(maxBytesOf(request));
    const done = await ask(session, message, sink, request);
    sink.body.once("close", done);
    return { status: 200, headers: { "content-type": "text/event-stream" }, body: sink.body };
  };

  const listen = (request: UpstreamRequest, session: ChannelSession): UpstreamAnswer => {
    const body = session.listen(maxBytesOf(request));
    request.signal.addEventListener("abort", () => body.destroy(), { once: true });
    return { status: 200, headers: { "content-type": "text/event-stream" }, body };
  };

  const send = async (request: UpstreamRequest): Promise<UpstreamAnswer> => {
    const { caller, method } = request;
    if (caller === undefined) throw new GatewayError("UPSTREAM_UNAVAILABLE", { detail: "a request without a caller" });
    const id = request.headers["mcp-session-id"];
    const entry = id === undefined ? undefined : entries.get(id);
    if (id !== undefined && entry?.owner !== ownerOf(caller)) return answer(404);
    clearTimeout(entry?.idle);
    if (method === "POST") return post(request, caller, id);
    if (entry === undefined) return answer(405, { allow: "POST" });
    if (method === "GET") return listen(request, entry.session);
    void end(entry.session);
    return answer(204);
  };

  return {
    send: async (request) => {
      try {
        return await send(request);
      } catch (error) {
        if (error instanceof ChannelRefusal) return answer(error.status, error.headers);
        throw error;
      }
    },
    sessions: () => entries.size,
    close: async () => {
      for (const { session } of entries.values()) void end(session);
      await Promise.all(ending);
    },
  };
}
