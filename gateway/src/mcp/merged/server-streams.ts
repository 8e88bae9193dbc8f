/**
 * The stream of server messages (GET) of a client that has several servers: theirs, mixed. Many servers send there what they
 * ask of the client during a call, so a server's stream is joined before its first call is sent.
 */
import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { FastifyBaseLogger } from "fastify";
import type { Grant } from "../../deps/grants.ts";
import type { MergedSession, UpstreamSession } from "../../deps/sessions.ts";
import type { Called, McpDeps } from "../exchange.ts";
import type { OneServer, Served } from "../one-server.ts";
import { eventStreamHeaders, listChanged } from "./own-stream.ts";
import { tagRequests } from "./server-requests.ts";

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

type Join = (server: string, upstream: UpstreamSession) => Promise<void>;

export interface ServerStreams {
  /** The client's stream, open until the client or the session ends. */
  open(called: Called, session: MergedSession, log: FastifyBaseLogger): Served;
  /** Returns when the stream of a session just opened is joined to the client's, if that is open in this process. */
  join(sessionId: string, server: string, upstream: UpstreamSession): Promise<void>;
}

export function createServerStreams(deps: McpDeps, oneServer: OneServer): ServerStreams {
  const streams = new Map<string, Set<Join>>();

  const pump = async (
    { answer: { body }, release }: Served,
    output: PassThrough,
    signal: AbortSignal,
  ): Promise<void> => {
    try {
      for await (const events of body ?? []) {
        if (output.destroyed) return;
        if (!output.write(events)) await once(output, "drain", { signal });
      }
    } finally {
      release();
    }
  };

  return {
    open: (called, session, log) => {
      const output = new PassThrough();
      const ended = new AbortController();
      const joined = new Set<string>();
      const signal = AbortSignal.any([called.signal, ended.signal]);
      const note = (server: string) => (error: unknown) => {
        if (!signal.aborted) log.info({ server, error: String(error) }, "stream of a server ended");
      };
      const joinOne = async (grant: Grant, upstream: UpstreamSession) => {
        const headers = { accept: "text/event-stream", ...sessionHeaders(upstream) };
        const served = await oneServer.session({ ...called, grant, headers, signal }, log, () => undefined);
        // A server without such a stream says so once (405).
        if (served.answer.kind !== "events") return served.release();
        const { onMessage = () => undefined } = served.stream ?? {};
        const answer = tagRequests(grant.server, served.answer, { mixed: true, onMessage });
        pump({ ...served, answer }, output, signal)
          .catch(note(grant.server))
          .finally(() => joined.delete(grant.server));
      };
      const join: Join = async (server, upstream) => {
        const grant = called.grants.find((each) => each.server === server);
        if (grant === undefined || upstream.sealedId === null || joined.has(server)) return;
        joined.add(server);
        await joinOne(grant, upstream).catch((error: unknown) => {
          joined.delete(server);
          note(server)(error);
        });
      };
      const look = async () => {
        const now = await deps.mergedSessions.find(session.id);
        if (now === undefined) return void output.end();
        for (const [server, upstream] of now.upstreams) void join(server, upstream);
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
      const { requestId, grants } = called;
      return {
        answer: { status: 200, headers: eventStreamHeaders, kind: "events", body: output },
        stream: {
          ...{ connectionId: grants[0].connectionId, requestId, changed: listChanged },
          ...{ acknowledged: false, onMessage: () => undefined },
        },
        release: () => void output.destroy(),
      };
    },
    join: async (sessionId, server, upstream) => {
      const joining = [...(streams.get(sessionId) ?? [])].map((join) => join(server, upstream));
      const late = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => late.resolve(undefined), joinWaitMs);
      await Promise.race([Promise.all(joining), late.promise]);
      clearTimeout(timer);
    },
  };
}
