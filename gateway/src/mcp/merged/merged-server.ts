/**
 * `/mcp` with several servers: an MCP server of the gateway's own in front of theirs. It routes by name and by session, and
 * merges lists. Whatever it sends to a server goes the way of any message there, step by step: it decides nothing itself.
 * Longer than most files, because it is the one place that says what becomes of each method.
 */
import type { FastifyBaseLogger } from "fastify";
import { problemOfLife } from "../../consent/grant-life.ts";
import type { Grant } from "../../deps/grants.ts";
import type { MergedSession } from "../../deps/sessions.ts";
import { GatewayError } from "../../errors.ts";
import type { Called, Entered, McpDeps, Progress, WithGrant, WithMessage } from "../exchange.ts";
import type { RpcMessage } from "../json-rpc.ts";
import type { OneServer, Served, ServedMessage } from "../one-server.ts";
import { openingOf } from "../opening.ts";
import { checkHeaders } from "../steps/check-headers.ts";
import { askAll } from "./ask-all.ts";
import { discoverResult, initializeResult, isDiscovered } from "./handshake.ts";
import { type Ask, mergedList, resultOf } from "./lists.ts";
import { accepted, headersFor, isObject, resultAnswer, withParams } from "./messages.ts";
import { subscription } from "./own-stream.ts";
import { routeOf } from "./prefixed-name.ts";
import { routeReply, tagRequests } from "./server-requests.ts";
import { createServerStreams, sessionHeaders } from "./server-streams.ts";
import { createMergedSessions } from "./sessions.ts";

type Request = Extract<RpcMessage, { readonly kind: "request" }>;
type OnProgress = (progress: Progress) => void;

/** A message that is for one of the servers, as that one knows it. */
interface Target extends WithGrant {
  readonly message: Request;
  readonly name: string;
}

export interface MergedServer {
  /** A message of a POST. Throws GatewayError; `onProgress` says how far it came. */
  message(entered: Entered, message: RpcMessage, log: FastifyBaseLogger, onProgress: OnProgress): Promise<Served>;
  /** A GET or DELETE. Throws likewise. */
  session(called: Called, log: FastifyBaseLogger): Promise<Served>;
}

/** By name: a call, a prompt, or the completion of a prompt's arguments. Undefined where the name leads nowhere. */
function targetOf(grants: readonly Grant[], message: RpcMessage): Target | undefined {
  if (message.kind !== "request") return undefined;
  const { method, params } = message;
  const ref = method === "completion/complete" && isObject(params.ref) ? params.ref : undefined;
  const named = ref?.type === "ref/prompt" ? ref.name : params.name;
  if (!["tools/call", "prompts/get"].includes(method) && ref?.type !== "ref/prompt") return undefined;
  const route = typeof named === "string" ? routeOf(grants, named) : undefined;
  if (route === undefined) return undefined;
  const { to: grant, name } = route;
  const rewritten = ref === undefined ? { ...params, name } : { ...params, ref: { ...ref, name } };
  return { grant, name, message: withParams(message, rewritten) };
}

export function createMergedServer(deps: McpDeps, oneServer: OneServer): MergedServer {
  const streams = createServerStreams(deps, oneServer);
  const sessions = createMergedSessions(deps, oneServer, streams);

  const problemOf = (grant: Grant, { host }: Called): GatewayError | undefined => {
    const server = host.servers.get(grant.server);
    if (server === undefined) return new GatewayError(grant.revokedAt === null ? "SERVER_UNKNOWN" : "GRANT_REVOKED");
    const problem = problemOfLife(grant, { host, server }, deps.clock());
    return problem === undefined ? undefined : new GatewayError(problem);
  };
  /** Those whose consent holds. Throws the GatewayError of the first when none does. */
  const aliveOf = (called: Called): readonly Grant[] => {
    const alive = called.grants.filter((grant) => problemOf(grant, called) === undefined);
    if (alive.length === 0) throw problemOf(called.grants[0], called) ?? new GatewayError("GRANT_REVOKED");
    return alive;
  };

  /** One message to one server, in the session there, which may have ended without anybody noticing. */
  const send = async (
    asked: Entered & WithGrant & WithMessage,
    session: MergedSession | undefined,
    log: FastifyBaseLogger,
    onProgress: OnProgress,
  ): Promise<Served> => {
    if (session === undefined) return oneServer.message(asked, log, onProgress);
    const key = asked.grant.server;
    const within = (one: MergedSession) => ({ ...asked, openUpstream: sessions.opener(asked, one, log) });
    const wasOpen = session.upstreams.has(key);
    let served: ServedMessage;
    try {
      served = await oneServer.message(within(session), log, onProgress);
    } catch (error) {
      const isOver = error instanceof GatewayError && error.code === "SESSION_UNKNOWN";
      if (!wasOpen || !isOver) throw error;
      served = await oneServer.message(within(await sessions.forget(session, key)), log, onProgress);
    }
    // The server has not run it: it does not know the session (MCP 2025-11-25, session management).
    if (wasOpen && served.answer.status === 404) {
      served.release();
      served = await served.resend(sessions.opener(asked, await sessions.forget(session, key), log));
    }
    if (served.answer.status === 404) {
      served.release();
      throw new GatewayError("UPSTREAM_UNAVAILABLE", { detail: `"${key}" does not know the session just opened` });
    }
    // The server's session is the gateway's: clients take any id they are told.
    const { "mcp-session-id": _session, ...headers } = served.answer.headers;
    return { ...served, answer: tagRequests(key, { ...served.answer, headers }) };
  };

  /** To every server with an open session; what becomes of it is nobody's answer. */
  const broadcast = async (
    entered: Entered,
    message: RpcMessage,
    session: MergedSession,
    log: FastifyBaseLogger,
  ): Promise<void> => {
    const open = aliveOf(entered).filter(({ server }) => session.upstreams.has(server));
    await askAll(open, entered.signal, async (grant, signal) => {
      const asked = { ...entered, grant, message, signal, headers: headersFor(entered.headers) };
      (await send(asked, session, log, () => undefined)).release();
    });
  };

  const notice = async (
    entered: Entered,
    message: RpcMessage,
    session: MergedSession,
    log: FastifyBaseLogger,
    onProgress: OnProgress,
  ): Promise<Served> => {
    const reply = routeReply(entered.grants, message);
    if (reply !== undefined && session.upstreams.has(reply.grant.server)) {
      return send({ ...entered, ...reply, headers: headersFor(entered.headers) }, session, log, onProgress);
    }
    if (message.kind === "response") {
      const sentence = "Nobody has asked for this answer, or not in this session.";
      throw new GatewayError("MESSAGE_INVALID", { sentence });
    }
    // The servers are told by the gateway when it opens their sessions; a token that is no server's is not passed on.
    if (message.kind === "notification" && message.method.startsWith("notifications/")) {
      const own = ["notifications/initialized", "notifications/progress"].includes(message.method);
      if (!own) await broadcast(entered, message, session, log);
      return accepted();
    }
    throw new GatewayError("METHOD_NOT_ALLOWED");
  };

  /** Servers of earlier revisions alone would be cut off: then the client opens a session, as they all know it. */
  const discover = async (entered: Entered, message: Request, alive: readonly Grant[], ask: Ask): Promise<Served> => {
    const parts = await askAll(alive, entered.signal, async (grant, signal) => {
      const served = await ask(grant, message, signal);
      const { status } = served.answer;
      if (status === 200) return isDiscovered(await resultOf(served, grant.server, message));
      served.release();
      return false;
    });
    if (parts.some((part) => part.error === undefined && !part.value)) throw new GatewayError("METHOD_NOT_ALLOWED");
    const [first] = parts;
    if (first?.error !== undefined && parts.every(({ error }) => error !== undefined)) throw first.error;
    return resultAnswer(message.id, discoverResult(entered.host, alive));
  };

  /** The rest of a stream that broke off, when the client says of which server's it has the last event. */
  const resumed = async (called: Called, session: MergedSession, log: FastifyBaseLogger) => {
    const last = called.headers["last-event-id"];
    const route = typeof last === "string" ? routeOf(called.grants, last) : undefined;
    const upstream = route === undefined ? undefined : session.upstreams.get(route.to.server);
    if (route === undefined || upstream === undefined) return undefined;
    const headers = { accept: "text/event-stream", ...sessionHeaders(upstream), "last-event-id": route.name };
    const served = await oneServer.session({ ...called, grant: route.to, headers }, log, () => undefined);
    const { "mcp-session-id": _session, ...rest } = served.answer.headers;
    return { ...served, answer: tagRequests(route.to.server, { ...served.answer, headers: rest }) };
  };

  const lists = { "tools/list": "tools", "prompts/list": "prompts" } as const;

  return {
    message: async (entered, message, log, onProgress) => {
      const target = targetOf(entered.grants, message);
      const server = target === undefined ? undefined : entered.host.servers.get(target.grant.server);
      const about = target === undefined ? { message } : { message: target.message, grant: target.grant };
      const known = { ...entered, ...about, ...(server === undefined ? {} : { server }) };
      onProgress(known);
      const alive = aliveOf(entered);
      // Before the name is rewritten: headers and body must agree as the client sent them.
      const { stateless } = checkHeaders({ ...entered, message });
      const several = { ...entered, oneOfSeveral: true };
      onProgress({ ...known, stateless, oneOfSeveral: true });

      if (message.kind === "request" && message.method === "initialize" && !stateless) {
        const session = await sessions.begin(entered, message.params);
        const result = initializeResult(message.params.protocolVersion, entered.host, alive);
        return resultAnswer(message.id, result, { "mcp-session-id": session });
      }
      // Notifications of the revision without sessions belong to no call.
      if (stateless && message.kind !== "request") return accepted();
      const session = stateless ? undefined : await sessions.find(entered);
      if (message.kind !== "request") return notice(several, message, session as MergedSession, log, onProgress);

      if (target !== undefined) {
        const headers = headersFor(entered.headers, target.name);
        return send({ ...several, ...about, grant: target.grant, headers }, session, log, onProgress);
      }
      const ask: Ask = (grant, asked, signal) => {
        const to = { ...several, grant, message: asked, signal, headers: headersFor(entered.headers) };
        return send(to, session, log, () => undefined);
      };
      switch (message.method) {
        case "tools/list":
        case "prompts/list": {
          const isOpen = ({ server: key }: Grant) => {
            const settings = entered.host.servers.get(key);
            return settings !== undefined && openingOf(message, settings)?.from !== "off";
          };
          const asked = { grants: alive.filter(isOpen), message, member: lists[message.method], stateless };
          return resultAnswer(message.id, await mergedList(asked, ask, entered.signal, log));
        }
        case "server/discover":
          if (!stateless) break;
          return discover(several, message, alive, ask);
        case "subscriptions/listen":
          if (!stateless) break;
          return subscription(entered, message);
        case "ping":
          if (stateless) break;
          return resultAnswer(message.id, {});
        case "tools/call":
          throw new GatewayError("TOOL_UNKNOWN", { sentence: nowhere("tool", message, alive) });
        case "prompts/get":
          throw new GatewayError("NOT_OPEN", { sentence: nowhere("prompt", message, alive) });
      }
      throw new GatewayError("METHOD_NOT_ALLOWED", {
        sentence: "Where an agent has several servers at one address, the gateway does not route this method.",
      });
    },
    session: async (called, log) => {
      aliveOf(called);
      const session = await sessions.find(called);
      if (called.httpMethod === "GET")
        return (await resumed(called, session, log)) ?? streams.open(called, session, log);
      await sessions.end(called, session, log);
      return accepted(204);
    },
  };
}

function nowhere(what: "tool" | "prompt", { params: { name } }: Request, alive: readonly Grant[]): string {
  const shown = JSON.stringify(typeof name === "string" ? name.slice(0, 100) : "");
  const keys = alive.map(({ server }) => server).join(", ");
  return `The ${what} ${shown} is of none of the servers that this agent has here (${keys}). List the ${what}s again.`;
}
