/**
 * The stream of server messages (GET) of a client that has several servers: theirs, mixed. Many servers send there what they
 * ask of the client during a call, so a server's stream is joined before its first call is sent.
 */
import { PassThrough } from "node:stream";
import type { FastifyBaseLogger } from "fastify";
import type { MergedSession, UpstreamSession } from "../../deps/sessions.ts";
import type { Called, McpDeps } from "../exchange.ts";
import type { OneServer, Served } from "../one-server.ts";
import { readConsents, type Standing, standing } from "../standing-consent.ts";
import { eventStreamHeaders, listChanged } from "./own-stream.ts";
import { pump } from "./pump.ts";
import { eventsForClient } from "./server-answers.ts";
import { progressTokens } from "./tags.ts";
import { waitAtMost } from "./wait-at-most.ts";

/** How often a stream looks for sessions that other replicas have opened, and joins those again that broke off. */
const lookMs = 5_000;
/** How long a call waits for its server's stream. A server that is slow with it is joined later. */
const joinWaitMs = 2_000;

/** The headers of a request in a session at a server. */
export function sessionHeaders({ sealedId, protocolVersion }: UpstreamSession): Record<string, string> {
  return {
    ...(sealedId === null ? {} : { "mcp-session-id": sealedId }),
    "mcp-protocol-version": protocolVersion,
  };
}

/** `consents` are those of this moment, where they were read already. */
type Join = (server: string, upstream: UpstreamSession, consents?: Consents) => Promise<void>;
type Consents = Awaited<ReturnType<typeof readConsents>>;

/** A server's stream that is part of the client's. */
interface Joined extends UpstreamSession {
  /** The server's address when it was joined; undefined until then. */
  url: string | undefined;
  readonly abort: AbortController;
}

export interface ServerStreams {
  /** The client's stream, open until the client or the session ends. */
  open(called: Called, session: MergedSession, log: FastifyBaseLogger): Served;
  /** Returns when the stream of a session just opened is joined to the client's, if that is open in this process. */
  join(sessionId: string, server: string, upstream: UpstreamSession): Promise<void>;
}

export function createServerStreams(deps: McpDeps, oneServer: OneServer): ServerStreams {
  const streams = new Map<string, Set<Join>>();

  /** Undefined where the consent, the policy or the server does not hold any more. */
  const standingAt = ({ host, grants }: Consents, server: string): Standing | undefined => {
    try {
      const grant = grants.find((each) => each.server === server);
      return standing(host, grant, deps.clock());
    } catch {
      return undefined;
    }
  };

  return {
    open: (called, session, log) => {
      const output = new PassThrough().on("error", () => undefined);
      const ended = new AbortController();
      const joined = new Map<string, Joined>();
      /** Servers that have no such stream. */
      const without = new Set<string>();
      /** By server, the session that it does not know: the next one there has a stream again. */
      const over = new Map<string, string>();
      const signal = AbortSignal.any([called.signal, ended.signal]);
      const { requestId, grants } = called;
      const [{ connectionId }] = grants;
      const note = (server: string) => (error: unknown) => {
        if (!signal.aborted) log.info({ server, error: String(error) }, "stream of a server ended");
      };
      const openAt = async (holds: Standing, entry: Joined): Promise<Served | undefined> => {
        const { key } = holds.server;
        const headers = { accept: "text/event-stream", ...sessionHeaders(entry) };
        const own = AbortSignal.any([signal, entry.abort.signal]);
        const served = await oneServer.session({ ...called, ...holds, headers, signal: own }, log, () => undefined);
        const { kind, status } = served.answer;
        if (kind === "events") return served;
        served.release();
        if (status === 405) without.add(key);
        if (status === 404 && entry.sealedId !== null) over.set(key, entry.sealedId);
        return undefined;
      };
      const join: Join = async (server, upstream, consents) => {
        const { sealedId } = upstream;
        const before = joined.get(server);
        if (sealedId === null || without.has(server) || over.get(server) === sealedId) return;
        if (before?.sealedId === sealedId) return;
        before?.abort.abort();
        const entry: Joined = { ...upstream, url: undefined, abort: new AbortController() };
        joined.set(server, entry);
        const leave = () => void (joined.get(server) === entry && joined.delete(server));
        try {
          // Those of the moment when the client's stream was opened may have ended.
          const holds = standingAt(consents ?? (await readConsents(connectionId, deps)), server);
          const served = holds && (await openAt(holds, entry));
          if (holds === undefined || served === undefined) return leave();
          entry.url = holds.server.upstreamUrl;
          const progress = progressTokens(deps.sessions, holds.grant, session.id);
          const crossing = { server, answers: undefined, progress };
          const { onMessage = () => undefined } = served.stream ?? {};
          const answer = eventsForClient(crossing, served.answer, { mixed: true, onMessage });
          pump({ ...served, answer }, output, AbortSignal.any([signal, entry.abort.signal]))
            .catch(note(server))
            .finally(leave);
        } catch (error) {
          leave();
          note(server)(error);
        }
      };
      const look = async () => {
        const now = await deps.mergedSessions.find(session.id);
        if (now === undefined) return void output.end();
        const consents = await readConsents(connectionId, deps);
        for (const [server, { abort, url }] of joined) {
          const holds = standingAt(consents, server);
          if (holds === undefined || (url !== undefined && url !== holds.server.upstreamUrl)) abort.abort();
        }
        for (const [server, upstream] of now.upstreams) void join(server, upstream, consents);
      };
      for (const [server, upstream] of session.upstreams) void join(server, upstream);
      const timer = setInterval(() => void look().catch(note("")), lookMs);
      const own = streams.get(session.id) ?? new Set();
      streams.set(session.id, own.add(join));
      output.once("close", () => {
        clearInterval(timer);
        ended.abort();
        own.delete(join);
        if (own.size === 0) streams.delete(session.id);
      });
      return {
        answer: { status: 200, headers: eventStreamHeaders, kind: "events", body: output },
        stream: {
          ...{ connectionId, requestId, changed: listChanged },
          ...{ acknowledged: false, onMessage: () => undefined },
        },
        release: () => void output.destroy(),
      };
    },
    join: async (sessionId, server, upstream) => {
      const joining = [...(streams.get(sessionId) ?? [])].map((join) => join(server, upstream));
      await waitAtMost(Promise.all(joining), joinWaitMs);
    },
  };
}
