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
import type { Called, Entered, McpDeps, Progress, WithGrant } from "../exchange.ts";
import type { RpcMessage } from "../json-rpc.ts";
import type { OneServer, Served } from "../one-server.ts";
import { openingOf } from "../opening.ts";
import { checkHeaders } from "../steps/check-headers.ts";
import { askAll } from "./ask-all.ts";
import { discoverResult, initializeResult, isDiscovered } from "./handshake.ts";
import { type Ask, mergedList, resultOf } from "./lists.ts";
import { accepted, headersFor, isObject, resultAnswer, withParams } from "./messages.ts";
import { subscription } from "./own-stream.ts";
import { routeOf } from "./prefixed-name.ts";
import { createSendToOne } from "./send-to-one.ts";
import { answerForClient, routeReply } from "./server-answers.ts";
import { createServerStreams, sessionHeaders } from "./server-streams.ts";
import { createMergedSessions } from "./sessions.ts";
import { progressTokens, untaggedEventId } from "./tags.ts";

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

/**
 * What every server hears of a notification of the client's: that a request is cancelled, which one of them has, and no word
 * beside it; that the roots have changed. They hear from the gateway that a session is open, and the rest is not routed.
 */
function forAll(message: Extract<RpcMessage, { readonly kind: "notification" }>): RpcMessage | undefined {
  const { method, params } = message;
  if (method === "notifications/cancelled") return withParams(message, { requestId: params.requestId });
  return method === "notifications/roots/list_changed" ? withParams(message, {}) : undefined;
}

export function createMergedServer(deps: McpDeps, oneServer: OneServer): MergedServer {
  const streams = createServerStreams(deps, oneServer);
  const sessions = createMergedSessions(deps, oneServer, streams);
  const send = createSendToOne(deps, oneServer, sessions);

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
      (await send.forGateway(asked, session, log, () => undefined)).release();
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
      return send.forClient({ ...entered, ...reply, headers: headersFor(entered.headers) }, session, log, onProgress);
    }
    if (message.kind === "response") {
      const sentence = "Nobody has asked for this answer, or not in this session.";
      throw new GatewayError("MESSAGE_INVALID", { sentence });
    }
    if (message.kind === "notification" && message.method.startsWith("notifications/")) {
      const told = forAll(message);
      if (told !== undefined) await broadcast(entered, told, session, log);
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
    const point = untaggedEventId(called.grants, called.headers["last-event-id"]);
    const upstream = point === undefined ? undefined : session.upstreams.get(point.grant.server);
    if (point === undefined || upstream === undefined) return undefined;
    const { grant, answers, id } = point;
    const headers = { accept: "text/event-stream", ...sessionHeaders(upstream), "last-event-id": id };
    const served = await oneServer.session({ ...called, grant, headers }, log, () => undefined);
    const { "mcp-session-id": _session, ...rest } = served.answer.headers;
    const progress = progressTokens(deps.sessions, grant, session.id);
    const crossing = { server: grant.server, answers, progress };
    return { ...served, answer: await answerForClient(crossing, { ...served.answer, headers: rest }) };
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
        return send.forClient({ ...several, ...about, grant: target.grant, headers }, session, log, onProgress);
      }
      const ask: Ask = (grant, asked, signal) => {
        const to = { ...several, grant, message: asked, signal, headers: headersFor(entered.headers) };
        return send.forGateway(to, session, log, () => undefined);
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
