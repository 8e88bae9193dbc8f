/**
 * What servers ask of the client (sampling, elicitation, roots) where one client has several: two servers may use the same
 * id, and the client's answer says nothing but the id. So ids and progress tokens get the server's prefix on the way to the
 * client, and lose it on the way back. Pure.
 */
import type { Grant } from "../../deps/grants.ts";
import type { ClientAnswer } from "../client-answer.ts";
import type { RpcMessage } from "../json-rpc.ts";
import { rewriteEvents } from "../sse-filter.ts";
import { isObject, withParams } from "./messages.ts";
import { routeOf, withPrefix } from "./prefixed-name.ts";

/** Ids and progress tokens are strings or integers, so the JSON of one tells `1` from `"1"`. */
const isToken = (value: unknown): value is string | number =>
  typeof value === "string" || (typeof value === "number" && Number.isSafeInteger(value));

const tagged = (server: string, token: unknown): unknown =>
  isToken(token) ? withPrefix(server, JSON.stringify(token)) : token;

/** The server that a tagged token belongs to, and the token as that server knows it. Undefined for any other text. */
function untagged(grants: readonly Grant[], token: unknown) {
  const route = typeof token === "string" ? routeOf(grants, token) : undefined;
  if (route === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(route.name);
    return isToken(value) ? { grant: route.to, token: value } : undefined;
  } catch {
    return undefined;
  }
}

function tagMessage(server: string, message: unknown): unknown {
  if (Array.isArray(message)) return message.map((each) => tagMessage(server, each));
  if (!isObject(message) || typeof message.method !== "string") return message;
  const params = isObject(message.params) ? message.params : undefined;
  if (message.method === "notifications/cancelled" && params !== undefined) {
    return { ...message, params: { ...params, requestId: tagged(server, params.requestId) } };
  }
  if (!("id" in message)) return message;
  const meta = isObject(params?._meta) ? params._meta : undefined;
  const withToken =
    meta !== undefined && "progressToken" in meta
      ? { params: { ...params, _meta: { ...meta, progressToken: tagged(server, meta.progressToken) } } }
      : {};
  return { ...message, ...withToken, id: tagged(server, message.id) };
}

/**
 * The answer of a server, with what it asks of the client on the way tagged. Event by event, as it comes. The ids of its
 * events say whose they are, so that a broken stream is resumed there; where streams are mixed they go. `onMessage` gets each
 * message as the server sent it.
 */
export function tagRequests(
  server: string,
  answer: ClientAnswer,
  { mixed = false, onMessage }: { readonly mixed?: boolean; readonly onMessage?: (message: unknown) => void } = {},
): ClientAnswer {
  const { body, kind } = answer;
  if (kind !== "events" || body === undefined) return answer;
  const output = rewriteEvents(
    async (message) => {
      onMessage?.(message);
      return tagMessage(server, message);
    },
    (id) => (mixed || id === "" ? undefined : withPrefix(server, id)),
  );
  body.on("error", (error) => output.destroy(error));
  output.on("close", () => body.destroy());
  return { ...answer, body: body.pipe(output) };
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
  return { grant: route.grant, message: withParams(message, { ...message.params, progressToken: route.token }) };
}
