/**
 * What names a thing in MCP messages, where one client has several servers: two of them may use the same id, and one could
 * name what is another's. So what a server has chosen gets its prefix on the way to the client and loses it on the way back,
 * and the progress token that the client has chosen goes to the server sealed.
 */
import type { Grant } from "../../deps/grants.ts";
import type { RpcId } from "../json-rpc.ts";
import type { SessionOwner, SessionSeal } from "../session-seal.ts";
import { routeOf, withPrefix } from "./prefixed-name.ts";

/** Ids and progress tokens are strings or integers, so the JSON of one tells `1` from `"1"`. */
export function isToken(value: unknown): value is RpcId {
  return typeof value === "string" || (typeof value === "number" && Number.isSafeInteger(value));
}

function fromJson(text: string): RpcId | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isToken(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A server's id or token, as the client knows it. */
export function tagged(server: string, token: RpcId): string {
  return withPrefix(server, JSON.stringify(token));
}

/** The server that a tagged token belongs to, and the token as that server knows it. Undefined for anything else. */
export function untagged(
  grants: readonly Grant[],
  token: unknown,
): { readonly grant: Grant; readonly token: RpcId } | undefined {
  const route = typeof token === "string" ? routeOf(grants, token) : undefined;
  const value = route === undefined ? undefined : fromJson(route.name);
  return route === undefined || value === undefined ? undefined : { grant: route.to, token: value };
}

/** The client's progress tokens, as one server knows them. */
export interface ProgressTokens {
  seal(token: RpcId): string;
  /** Undefined for what was not sealed for this server in this session. */
  open(sealed: unknown): RpcId | undefined;
}

/**
 * Sealed and not prefixed: clients count their tokens, so a server could say that of a call to another one. The same client
 * has the same tokens in its other sessions, so `session` is the id of this one, or of the request in a revision without.
 */
export function progressTokens(seal: SessionSeal, agent: SessionOwner, session: string): ProgressTokens {
  const { clientId, email, server } = agent;
  // Keys of servers have no slash: a sealed token is nobody's session.
  const owner = { clientId, email, server: `/mcp/progress ${server} ${session}` };
  return {
    seal: (token) => seal.seal({ id: Buffer.from(JSON.stringify(token)).toString("base64url") }, owner),
    open: (sealed) => {
      const opened = typeof sealed === "string" ? seal.open(sealed, owner) : undefined;
      return opened === undefined ? undefined : fromJson(Buffer.from(opened.id, "base64url").toString());
    },
  };
}

/** Of longer ids of requests none is in an event's id: the client can't resume such a stream. */
const encodedIdMax = 400;

/**
 * The id of an event in the stream that answers request `answers`, as the client knows it: so that the gateway knows what the
 * rest of the stream may answer, when the client comes back for it. Undefined where the client is to know none.
 */
export function taggedEventId(server: string, answers: RpcId | undefined, id: string): string | undefined {
  const request = answers === undefined ? "" : Buffer.from(JSON.stringify(answers)).toString("base64url");
  return id === "" || request.length > encodedIdMax ? undefined : withPrefix(server, `${request}.${id}`);
}

/** Where a stream that broke off is resumed: at its server, and with the answer to which request. */
export function untaggedEventId(
  grants: readonly Grant[],
  id: unknown,
): { readonly grant: Grant; readonly answers: RpcId | undefined; readonly id: string } | undefined {
  const route = typeof id === "string" ? routeOf(grants, id) : undefined;
  if (route === undefined) return undefined;
  const dot = route.name.indexOf(".");
  const answers = fromJson(Buffer.from(route.name.slice(0, Math.max(0, dot)), "base64url").toString());
  return { grant: route.to, answers, id: route.name.slice(dot + 1) };
}
