/** Sessions at the address of several servers: the client's with the gateway, and the gateway's with each server. */
import type { FastifyBaseLogger } from "fastify";
import type { Grant } from "../../deps/grants.ts";
import type { MergedSession, UpstreamSession } from "../../deps/sessions.ts";
import { GatewayError } from "../../errors.ts";
import type { Called, Exchange, McpDeps, WithGrant, WithServer } from "../exchange.ts";
import type { RpcMessage, RpcParams } from "../json-rpc.ts";
import type { OneServer } from "../one-server.ts";
import { readRpcAnswer } from "../rpc-answer.ts";
import { headersFor, isObject, requestOf, withMember } from "./messages.ts";
import { type ServerStreams, sessionHeaders } from "./server-streams.ts";
import { waitAtMost } from "./wait-at-most.ts";

/** In place of a server's key, which has no slash: a session of one server is none here, nor the other way round. */
const place = "/mcp";
const openTimeoutMs = 20_000;
/** How long a client waits for its sessions at the servers to end: its own is over by then. */
const endWaitMs = 3_000;
/** What is kept of a client for the servers to hear. */
const clientBytesMax = 32 * 1024;
/** No client has it: the answers to these are the gateway's own to read. */
const initializeId = "permit-mcp-gateway/initialize";

const initialized: RpcMessage = {
  kind: "notification",
  method: "notifications/initialized",
  params: {},
  json: { jsonrpc: "2.0", method: "notifications/initialized" },
};

/**
 * What a server hears of the client: not that it has tasks, which are not routed, nor its token for the progress of
 * `initialize`, which the gateway has answered itself.
 */
function clientFor({ client: { capabilities, _meta, ...client } }: MergedSession): RpcParams {
  return {
    ...client,
    ...(isObject(capabilities) ? { capabilities: withMember(capabilities, "tasks", undefined) } : {}),
    ...(isObject(_meta) ? { _meta: withMember(_meta, "progressToken", undefined) } : {}),
  };
}

/** Whatever the database says. Throws GatewayError STORE_UNAVAILABLE. */
async function stored<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw new GatewayError("STORE_UNAVAILABLE", { detail: "A session could not be read or written.", cause });
  });
}

export interface MergedSessions {
  /** Opens one for the client. Returns the id that only this agent can use. Throws GatewayError MESSAGE_INVALID. */
  begin(called: Called, client: Readonly<Record<string, unknown>>): Promise<string>;
  /** The one that the request names. Throws GatewayError SESSION_UNKNOWN. */
  find(called: Called): Promise<MergedSession>;
  /** Opens the session at a server, or finds it open. */
  opener(called: Called, session: MergedSession, log: FastifyBaseLogger): NonNullable<Exchange["openUpstream"]>;
  /** The session without the one at this server, which is over. */
  forget(session: MergedSession, server: string): Promise<MergedSession>;
  /** Ends it, and those behind it: of these it returns after three seconds at most, while a slow server is still being told. */
  end(called: Called, session: MergedSession, log: FastifyBaseLogger): Promise<void>;
}

export function createMergedSessions(deps: McpDeps, oneServer: OneServer, streams: ServerStreams): MergedSessions {
  const { sessions, mergedSessions } = deps;
  const opening = new Map<string, Promise<UpstreamSession>>();
  const ownerOf = ({ grants: [{ clientId, email }] }: Called) => ({ clientId, email, server: place });

  const endAt = async (called: Called & WithGrant, session: UpstreamSession, log: FastifyBaseLogger) => {
    if (session.sealedId === null) return;
    const headers = { ...headersFor(called.headers), ...sessionHeaders(session) };
    const asked = { ...called, headers, httpMethod: "DELETE", signal: AbortSignal.timeout(openTimeoutMs) } as const;
    try {
      (await oneServer.session(asked, log, () => undefined)).release();
    } catch (error) {
      log.info({ server: called.grant.server, error: (error as Error).message }, "session of a server not ended");
    }
  };

  const openAt = async (
    called: Called,
    session: MergedSession,
    { server, grant }: WithServer & WithGrant,
    log: FastifyBaseLogger,
  ): Promise<UpstreamSession> => {
    const say = (message: RpcMessage, headers: object = {}) => {
      const bare = { accept: "application/json, text/event-stream", ...headers };
      // Not the call's: others may wait for this session too.
      const signal = AbortSignal.timeout(openTimeoutMs);
      const asked = { ...called, grant, headers: bare, signal, message, messages: [message], batch: false };
      return oneServer.message(asked, log, () => undefined);
    };
    const served = await say(requestOf(initializeId, "initialize", clientFor(session)));
    const { body, kind, headers, status } = served.answer;
    const answer = body === undefined ? undefined : await readRpcAnswer(body, kind, initializeId);
    served.release();
    if (!isObject(answer?.result) || typeof answer.result.protocolVersion !== "string") {
      const sentence = `"${server.key}" opens no session. Try again, or ask an admin.`;
      throw new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail: `status ${status}` });
    }
    const own = { sealedId: headers["mcp-session-id"] ?? null, protocolVersion: answer.result.protocolVersion };
    (await say(initialized, sessionHeaders(own))).release();
    const kept = await stored(mergedSessions.keep(session.id, server.key, own));
    if (kept.sealedId !== own.sealedId) void endAt({ ...called, grant }, own, log);
    await streams.join(session.id, server.key, kept);
    return kept;
  };

  return {
    begin: async (called, client) => {
      if (JSON.stringify(client).length > clientBytesMax) {
        throw new GatewayError("MESSAGE_INVALID", { sentence: "The params of initialize are longer than 32 kB." });
      }
      const id = await stored(mergedSessions.create(called.grants[0], client));
      return sessions.seal({ id }, ownerOf(called));
    },
    find: async (called) => {
      const sealed = called.headers["mcp-session-id"];
      const id = typeof sealed === "string" ? sessions.open(sealed, ownerOf(called))?.id : undefined;
      const session = id === undefined ? undefined : await stored(mergedSessions.find(id));
      if (session === undefined) throw new GatewayError("SESSION_UNKNOWN");
      return session;
    },
    opener: (called, session, log) => async (asked) => {
      const known = session.upstreams.get(asked.server.key);
      if (known !== undefined) return known;
      const key = `${session.id} ${asked.server.key}`;
      const started = opening.get(key) ?? openAt(called, session, asked, log).finally(() => void opening.delete(key));
      opening.set(key, started);
      return started;
    },
    forget: async (session, server) => {
      const over = session.upstreams.get(server);
      if (over === undefined) return session;
      await stored(mergedSessions.forget(session.id, server, over));
      return { ...session, upstreams: new Map([...session.upstreams].filter(([key]) => key !== server)) };
    },
    end: async (called, session, log) => {
      await stored(mergedSessions.end(session.id));
      const grantOf = (key: string): Grant | undefined => called.grants.find(({ server }) => server === key);
      const ending = [...session.upstreams].map(async ([key, upstream]) => {
        const grant = grantOf(key);
        if (grant !== undefined) await endAt({ ...called, grant }, upstream, log);
      });
      await waitAtMost(Promise.all(ending), endWaitMs);
    },
  };
}
