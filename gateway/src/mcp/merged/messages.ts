/** JSON-RPC messages that the gateway makes where it stands in for several servers, and its answers. Pure. */
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { encodeHeaderValue } from "../header-value.ts";
import { foldKey, type RpcId, type RpcMessage, type RpcParams } from "../json-rpc.ts";
import type { Served } from "../one-server.ts";

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The object with this member, or without it, and with no other spelling of it: parsers that match keys without regard to case
 * take any.
 */
export function withMember(object: Json, name: string, value: unknown): Json {
  const others = Object.entries(object).filter(([key]) => foldKey(key) !== foldKey(name));
  return Object.fromEntries(value === undefined ? others : [...others, [name, value]]);
}

export function requestOf(id: RpcId, method: string, params: RpcParams): RpcMessage {
  return { kind: "request", id, method, params, json: { jsonrpc: "2.0", id, method, params } };
}

/** The same message with other params. */
export function withParams<Message extends Extract<RpcMessage, { readonly method: string }>>(
  message: Message,
  params: RpcParams,
): Message {
  return { ...message, params, json: { ...message.json, params } };
}

/**
 * The client's headers, as it would send them to one server: its own session is the gateway's, and `Mcp-Name` says what
 * the rewritten body says, if the client sent one.
 */
export function headersFor(headers: IncomingHttpHeaders, name?: string): IncomingHttpHeaders {
  const { "mcp-session-id": _session, "mcp-name": named, ...rest } = headers;
  return named === undefined || name === undefined ? rest : { ...rest, "mcp-name": encodeHeaderValue(name) };
}

const noStore = { "cache-control": "no-store" };

export function jsonBody(message: object): Readable {
  return Readable.from([JSON.stringify(message)]);
}

/** The gateway's own answer to a request. */
export function resultAnswer(id: RpcId, result: object, headers: Readonly<Record<string, string>> = {}): Served {
  const body = jsonBody({ jsonrpc: "2.0", id, result });
  const json = { ...noStore, ...headers, "content-type": "application/json" };
  return { answer: { status: 200, headers: json, kind: "json", body }, stream: undefined, release: () => undefined };
}

/** The answer to what is not answered. */
export function accepted(status: 202 | 204 = 202): Served {
  const answer = { status, headers: noStore, kind: "empty", body: undefined } as const;
  return { answer, stream: undefined, release: () => undefined };
}
