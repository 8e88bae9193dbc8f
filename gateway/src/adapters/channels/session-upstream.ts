/** Sessions over channels, as the HTTP endpoint that the MCP path knows: streamable HTTP of 2025-03-26 and later. */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { UpstreamAnswer, UpstreamCaller, UpstreamRequest } from "../../deps/upstream.ts";
import { GatewayError } from "../../errors.ts";
import { parseJson } from "../../mcp/json-text.ts";
import { isStateless } from "../../mcp/revision.ts";
import type { ClosableUpstream } from "../upstream.ts";
import { type AnswerSink, eventSink, wholeSink } from "./answer-sink.ts";
import type { ChannelSession } from "./channel-session.ts";
import { ChannelRefusal, type Message, type OpenChannel } from "./message-channel.ts";
import { abortReason, startBounds, untilAborted } from "./request-bounds.ts";
import { createSessionTable, ownerOf, type SessionLimits } from "./session-table.ts";

export type { SessionLimits } from "./session-table.ts";

export const sessionLimits: SessionLimits = { idleMs: 10 * 60_000, perHuman: 8, all: 64 };

const maxBytesOf = ({ caller }: UpstreamRequest) => caller?.server.maxAnswerBytes ?? Number.POSITIVE_INFINITY;

function answer(status: number, headers: UpstreamAnswer["headers"] = {}, body?: Message): UpstreamAnswer {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const stream = Readable.from(body === undefined ? [] : [JSON.stringify(body)]);
  // Whoever lets it go unread may do so with an error, which must not end the process.
  stream.on("error", () => undefined);
  return { status, headers: { ...headers, ...type }, body: stream };
}

const rpcError = (id: unknown, message: string): Message => ({ jsonrpc: "2.0", id, error: { code: -32600, message } });

/** One that holds sessions. */
export interface SessionUpstream extends ClosableUpstream {
  /** How many there are now. */
  sessions(): number;
}

/**
 * Sends a request whose answer `sink` gets, until the time is up or whoever asked goes away. Resolves when it has left or
 * something of the answer is there, whichever comes first: the wait for both has the same bounds. Returns what is to be
 * called when nobody reads the answer any more.
 */
async function ask(session: ChannelSession, message: Message, sink: AnswerSink, request: UpstreamRequest) {
  const { signal, release } = startBounds(request);
  const asked = session.request(message, sink, request, signal);
  const end = () => {
    asked.cancel();
    sink.fail(abortReason(signal));
  };
  const done = () => {
    signal.removeEventListener("abort", end);
    release();
    asked.cancel();
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    await untilAborted(asked.underWay, signal);
    return done;
  } catch (error) {
    done();
    throw error;
  }
}

async function askWhole(session: ChannelSession, message: Message, request: UpstreamRequest): Promise<Message> {
  const sink = wholeSink(maxBytesOf(request));
  const done = await ask(session, message, sink, request);
  return sink.answer.finally(done);
}

async function pass(session: ChannelSession, message: Message, request: UpstreamRequest): Promise<void> {
  const { signal, release } = startBounds(request);
  await untilAborted(session.pass(message, request, signal), signal).finally(release);
}

/** One `Upstream` for all servers that `open` can reach. Every request must have a `caller`. */
export function createSessionUpstream(open: OpenChannel, limits: SessionLimits = sessionLimits): SessionUpstream {
  const table = createSessionTable(open, limits);

  const initialize = async (message: Message, request: UpstreamRequest, caller: UpstreamCaller) => {
    const key = randomUUID();
    const session = table.start(key, request, caller, true);
    try {
      const answered = await askWhole(session, message, request);
      if ("result" in answered) return answer(200, { "mcp-session-id": key }, answered);
      void table.end(session);
      return answer(200, {}, answered);
    } catch (error) {
      void table.end(session);
      throw error;
    }
  };

  const post = async (request: UpstreamRequest, caller: UpstreamCaller, key: string | undefined) => {
    const found = table.find(key)?.session;
    const message = parseJson(request.body ?? "") as Message;
    if (found === undefined && message.method === "initialize") return initialize(message, request, caller);
    const stateless = found === undefined && isStateless(request.headers["mcp-protocol-version"]);
    if (found === undefined && !stateless) {
      return answer(400, {}, rpcError(message.id, "Initialize a session first: the header Mcp-Session-Id is missing."));
    }
    const shared = `stateless ${ownerOf(caller)}`;
    const session = found ?? table.find(shared)?.session ?? table.start(shared, request, caller, false);
    try {
      if (typeof message.method !== "string" || !("id" in message)) {
        await pass(session, message, request);
        return answer(202);
      }
      if (!(request.headers.accept ?? "").includes("text/event-stream")) {
        return answer(200, {}, await askWhole(session, message, request));
      }
      const sink = eventSink(maxBytesOf(request));
      const done = await ask(session, message, sink, request);
      if (sink.body.closed) done();
      else sink.body.once("close", done);
      return { status: 200, headers: { "content-type": "text/event-stream" }, body: sink.body };
    } finally {
      table.rest(key ?? shared);
    }
  };

  const listen = (request: UpstreamRequest, key: string, session: ChannelSession): UpstreamAnswer => {
    try {
      const body = session.listen(maxBytesOf(request));
      request.signal.addEventListener("abort", () => body.destroy(), { once: true });
      if (request.signal.aborted) body.destroy();
      return { status: 200, headers: { "content-type": "text/event-stream" }, body };
    } finally {
      table.rest(key);
    }
  };

  const send = async (request: UpstreamRequest): Promise<UpstreamAnswer> => {
    const { caller, method } = request;
    if (caller === undefined) throw new GatewayError("UPSTREAM_UNAVAILABLE", { detail: "a request without a caller" });
    const id = request.headers["mcp-session-id"];
    const entry = table.find(id);
    if (id !== undefined && entry?.owner !== ownerOf(caller)) return answer(404);
    clearTimeout(entry?.idle);
    if (method === "POST") return post(request, caller, id);
    if (id === undefined || entry === undefined) return answer(405, { allow: "POST" });
    if (method === "GET") return listen(request, id, entry.session);
    void table.end(entry.session);
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
    sessions: () => table.size,
    close: () => table.close(),
  };
}
