/**
 * What of a server's messages reaches the client, where that has several servers: they do not trust one another. Messages are
 * made anew of the members that MCP knows, because some parsers take another spelling of `id` for it. Pure.
 */
import type { RpcId } from "../json-rpc.ts";
import { isObject, type Json, withMember } from "./messages.ts";
import { isToken, type ProgressTokens, tagged } from "./tags.ts";

/** Whose messages they are, and in what they come. */
export interface Crossing {
  readonly server: string;
  /** Id of the request that they come in the answer to; undefined in a stream of server messages. */
  readonly answers: RpcId | undefined;
  readonly progress: ProgressTokens;
}

/** What servers may ask of the client. Not `tasks/*`: a client has its tasks in one list, whoever asked for them. */
const requests: ReadonlySet<unknown> = new Set(["ping", "roots/list", "sampling/createMessage", "elicitation/create"]);
/**
 * What servers may tell the client. Not of resources, tasks and subscriptions, which are not routed to them: the ids in these
 * are another's, or the gateway's own.
 */
const plainNotifications: ReadonlySet<unknown> = new Set([
  "notifications/message",
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
]);
const foreignMeta = ["io.modelcontextprotocol/subscriptionId", "io.modelcontextprotocol/related-task"];

function metaOf(server: string, meta: unknown): Json | undefined {
  if (!isObject(meta)) return undefined;
  const own = foreignMeta.reduce<Json>((left, name) => withMember(left, name, undefined), meta);
  const token = own.progressToken;
  return withMember(own, "progressToken", isToken(token) ? tagged(server, token) : undefined);
}

function elicitationIdOf(server: string, { elicitationId }: Json): string | undefined {
  return typeof elicitationId === "string" ? tagged(server, elicitationId) : undefined;
}

const withElicitationId = (server: string, params: Json): Json =>
  withMember(params, "elicitationId", elicitationIdOf(server, params));

function paramsOf(server: string, params: unknown): Json | undefined {
  if (!isObject(params)) return undefined;
  return withMember(params, "_meta", metaOf(server, params._meta));
}

function requestOf({ server }: Crossing, { id, method, params }: Json): Json | undefined {
  if (!requests.has(method) || !isToken(id)) return undefined;
  let asked = paramsOf(server, params);
  if (asked !== undefined) asked = withMember(asked, "task", undefined);
  if (asked !== undefined && method === "elicitation/create") asked = withElicitationId(server, asked);
  // To the client all of them are one server: its context is not this server's alone.
  if (asked !== undefined && method === "sampling/createMessage")
    asked = withMember(asked, "includeContext", undefined);
  return { jsonrpc: "2.0", id: tagged(server, id), method, ...(asked === undefined ? {} : { params: asked }) };
}

function notificationOf({ server, progress }: Crossing, { method, params }: Json): Json | undefined {
  const said = paramsOf(server, params);
  const about = (name: string, value: RpcId | undefined): Json | undefined =>
    said === undefined || value === undefined
      ? undefined
      : { jsonrpc: "2.0", method, params: withMember(said, name, value) };
  switch (method) {
    case "notifications/progress":
      return about("progressToken", progress.open(said?.progressToken));
    case "notifications/cancelled":
      return about("requestId", isToken(said?.requestId) ? tagged(server, said.requestId) : undefined);
    case "notifications/elicitation/complete":
      return about("elicitationId", elicitationIdOf(server, said ?? {}));
  }
  if (!plainNotifications.has(method)) return undefined;
  return { jsonrpc: "2.0", method, ...(said === undefined ? {} : { params: said }) };
}

/** The elicitations that a result (MCP 2026-07-28, multi round-trip requests) asks for, or an error (URLElicitationRequired). */
function withOwnElicitations(server: string, { result, error, ...rest }: Json): Json {
  const ofRequest = (asked: unknown): unknown =>
    isObject(asked) && isObject(asked.params) ? { ...asked, params: withElicitationId(server, asked.params) } : asked;
  const inputs = isObject(result) && isObject(result.inputRequests) ? Object.entries(result.inputRequests) : undefined;
  const inputRequests = inputs && Object.fromEntries(inputs.map(([key, asked]) => [key, ofRequest(asked)]));
  const data = isObject(error) && isObject(error.data) ? error.data : undefined;
  const elicitations = Array.isArray(data?.elicitations)
    ? data.elicitations.map((each: unknown) => (isObject(each) ? withElicitationId(server, each) : each))
    : undefined;
  return {
    ...rest,
    ...(result === undefined ? {} : { result: inputRequests ? { ...(result as Json), inputRequests } : result }),
    ...(error === undefined
      ? {}
      : { error: elicitations ? { ...(error as Json), data: { ...data, elicitations } } : error }),
  };
}

/** Type and value; `1.0` is the number 1, which parsed JSON keeps as it was written. */
function isSame(id: unknown, answers: RpcId): boolean {
  return id === answers || (typeof answers === "number" && Number(JSON.stringify(id)) === answers);
}

/** The answer to the request, or an error about no request, which is what servers say of one that they could not read. */
export function ownResponse({ server, answers }: Crossing, message: unknown): Json | undefined {
  if (answers === undefined || !isObject(message) || "method" in message) return undefined;
  const { id = null, result, error } = message;
  if (result === undefined && error === undefined) return undefined;
  if (id === null && result === undefined) return { jsonrpc: "2.0", ...("id" in message ? { id } : {}), error };
  return isSame(id, answers) ? withOwnElicitations(server, { jsonrpc: "2.0", id: answers, result, error }) : undefined;
}

function passed(crossing: Crossing, message: unknown): Json | undefined {
  if (!isObject(message)) return undefined;
  if (typeof message.method !== "string") return ownResponse(crossing, message);
  if ("result" in message || "error" in message) return undefined;
  return "id" in message ? requestOf(crossing, message) : notificationOf(crossing, message);
}

/** What the client gets of the message, or of the batch, of an event; undefined where that is nothing. */
export function fromServer(crossing: Crossing, message: unknown): unknown {
  if (!Array.isArray(message)) return passed(crossing, message);
  const kept = message.map((each) => passed(crossing, each)).filter((each) => each !== undefined);
  return kept.length === 0 ? undefined : kept;
}
