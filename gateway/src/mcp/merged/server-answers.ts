/** The answers and streams of a server for a client that has several, and what the client sends to one of them. */
import type { Grant } from "../../deps/grants.ts";
import { GatewayError } from "../../errors.ts";
import { readJson } from "../answer-body.ts";
import type { ClientAnswer } from "../client-answer.ts";
import type { RpcMessage } from "../json-rpc.ts";
import { rewriteEvents } from "../sse-filter.ts";
import { through } from "../through.ts";
import { isObject, jsonBody, withMember, withParams } from "./messages.ts";
import { type Crossing, fromServer, ownResponse } from "./server-messages.ts";
import { isToken, type ProgressTokens, taggedEventId, untagged } from "./tags.ts";

/** Clients keep the last reconnection time that they were told, for all their streams. */
const retryMsMax = 60_000;

/**
 * A stream of events, event by event, as it comes. The ids of its events say whose they are, so that it is resumed there;
 * where streams are mixed, they and the reconnection times go. `onMessage` gets each message as the server sent it.
 */
export function eventsForClient(
  crossing: Crossing,
  answer: ClientAnswer,
  { mixed = false, onMessage }: { readonly mixed?: boolean; readonly onMessage?: (message: unknown) => void } = {},
): ClientAnswer {
  if (answer.body === undefined) return answer;
  const rewritten = rewriteEvents(
    async (message) => {
      onMessage?.(message);
      return fromServer(crossing, message);
    },
    (name, value) => {
      if (mixed) return undefined;
      if (name === "id") return taggedEventId(crossing.server, crossing.answers, value);
      return /^\d+$/.test(value) && Number(value) <= retryMsMax ? value : undefined;
    },
  );
  return { ...answer, body: through(answer.body, rewritten) };
}

/** JSON answers the request and holds nothing else (MCP transports, sending messages). Read whole: at most 8 MB. */
async function jsonForClient(crossing: Crossing, answer: ClientAnswer): Promise<ClientAnswer> {
  if (answer.body === undefined) return answer;
  const said = await readJson(answer.body);
  const own = (Array.isArray(said) ? said : [said]).map((each) => ownResponse(crossing, each));
  const response = own.find((each) => each !== undefined);
  if (response !== undefined) return { ...answer, body: jsonBody(response) };
  if (answer.status < 400 && crossing.answers !== undefined) {
    const sentence = `The JSON that "${crossing.server}" has sent is no answer to this request. It may have taken effect.`;
    throw new GatewayError("UPSTREAM_UNAVAILABLE", { sentence });
  }
  const { "content-type": _type, ...headers } = answer.headers;
  return { ...answer, headers, kind: "empty", body: undefined };
}

/**
 * The answer of a server, in which nothing can be taken for another server's. Throws GatewayError UPSTREAM_UNAVAILABLE for JSON
 * that is no answer to the request.
 */
export async function answerForClient(crossing: Crossing, answer: ClientAnswer): Promise<ClientAnswer> {
  return answer.kind === "json" ? jsonForClient(crossing, answer) : eventsForClient(crossing, answer);
}

/** The client's message for one server: that one knows the progress token as its own. */
export function forServer(message: RpcMessage, progress: ProgressTokens | undefined): RpcMessage {
  if (message.kind !== "request" || !isObject(message.params._meta)) return message;
  const { progressToken: token } = message.params._meta;
  const sealed = isToken(token) ? progress?.seal(token) : undefined;
  return withParams(message, { ...message.params, _meta: withMember(message.params._meta, "progressToken", sealed) });
}

/** Where the client's answer, or word of progress, to a server's request goes, as that server knows it. */
export function routeReply(
  grants: readonly Grant[],
  message: RpcMessage,
): { readonly grant: Grant; readonly message: RpcMessage } | undefined {
  if (message.kind === "response") {
    const route = untagged(grants, message.id);
    if (route === undefined) return undefined;
    const { grant, token: id } = route;
    return { grant, message: { ...message, id, json: { ...message.json, id } } };
  }
  if (message.method !== "notifications/progress") return undefined;
  const route = untagged(grants, message.params.progressToken);
  if (route === undefined) return undefined;
  const params = withMember(message.params, "progressToken", route.token);
  return { grant: route.grant, message: withParams(message, params) };
}
