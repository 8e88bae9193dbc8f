/** JSON-RPC 2.0 as MCP uses it, parsed strictly. Pure. */
import { GatewayError } from "../errors.ts";
import { isTooDeep, parseJson } from "./json-text.ts";

export type RpcId = string | number;
export type RpcParams = Readonly<Record<string, unknown>>;

/** One message, with the parsed JSON it came from: that is what is sent on, serialized again. */
export type RpcMessage =
  | { readonly kind: "request"; readonly id: RpcId; readonly method: string; readonly params: RpcParams; json: object }
  | { readonly kind: "notification"; readonly method: string; readonly params: RpcParams; json: object }
  | { readonly kind: "response"; readonly id: RpcId; json: object };

/** Members of the envelope, and members of `params` that decide what a message does. */
const envelopeMembers = new Set(["jsonrpc", "id", "method", "params", "result", "error"]);
const decidingParams = deciding(["name", "uri", "arguments", "_meta", "task", "taskId", "ref", "notifications"]);
/** Members of `params.ref` (completion): which part of the server is asked, and what of it. */
const decidingRef = deciding(["type", "name", "uri"]);

/** A key as parsers read it that match keys without regard to case. */
// Upper case first: "ſ" (U+017F) folds to "s" and the Kelvin sign to "k" only on the way through both.
export function foldKey(key: string): string {
  return key.toUpperCase().toLowerCase();
}

/** The one spelling of each member that counts, by its folded one. */
function deciding(members: readonly string[]): ReadonlyMap<string, string> {
  return new Map(members.map((member) => [foldKey(member), member]));
}

// TypeScript's library has no types yet for JSON.rawJSON (ES2026).
const { isRawJSON } = JSON as unknown as { isRawJSON(value: unknown): boolean };

/** True for a JSON object: not for an array, nor for a number that is kept as it was written because no double can hold it. */
export function isObject(value: unknown): value is RpcParams {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawJSON(value);
}

function invalid(sentence: string): GatewayError {
  return new GatewayError("MESSAGE_INVALID", { sentence });
}

/**
 * Some JSON parsers match keys without regard to case (Go's `encoding/json`) or give `__proto__` a meaning. A second
 * spelling of a key would show such a server another call than the one decided on here. None of these members is a number,
 * and one that no double can hold would look like an object to whoever reads it.
 */
function refuseAmbiguous(where: string, object: RpcParams, members: ReadonlyMap<string, string>): void {
  for (const [key, value] of Object.entries(object)) {
    const member = members.get(foldKey(key));
    if (key === "__proto__" || (member !== undefined && member !== key)) {
      throw invalid(`The member ${JSON.stringify(key)} of ${where} is ambiguous.`);
    }
    if (member !== undefined && isRawJSON(value)) {
      throw invalid(`The member ${JSON.stringify(key)} of ${where} can't be a number.`);
    }
  }
}

function readId(id: unknown): RpcId {
  if (typeof id === "string" || Number.isSafeInteger(id)) return id as RpcId;
  throw invalid("The id of a JSON-RPC request must be a string or an integer.");
}

function readParams(json: RpcParams): RpcParams {
  const params = json.params ?? {};
  if (!isObject(params)) throw invalid("The params of an MCP message must be an object.");
  refuseAmbiguous("params", params, decidingParams);
  if (isObject(params.ref)) refuseAmbiguous("params.ref", params.ref, decidingRef);
  return params;
}

// Fatal, and no byte order mark (RFC 8259 section 8.1): replaced bytes would be another name than the one sent.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads a body: one JSON-RPC message, or the array that is a batch. Throws GatewayError BODY_NOT_JSON. */
export function readJsonBody(body: Uint8Array): unknown {
  try {
    return parseJson(utf8.decode(body));
  } catch (cause) {
    throw new GatewayError("BODY_NOT_JSON", { cause });
  }
}

/** Takes parsed JSON as one JSON-RPC message. Throws GatewayError MESSAGE_INVALID. */
export function toMessage(json: unknown): RpcMessage {
  if (!isObject(json) || json.jsonrpc !== "2.0") throw invalid('The body must be an object with "jsonrpc": "2.0".');
  const unknown = Object.keys(json).find((key) => !envelopeMembers.has(key));
  if (unknown !== undefined) throw invalid(`JSON-RPC has no member ${JSON.stringify(unknown.slice(0, 100))}.`);
  if (isTooDeep(json)) throw invalid("The JSON is nested too deeply.");

  const isAnswer = "result" in json || "error" in json;
  if ("method" in json) {
    if (typeof json.method !== "string" || isAnswer) throw invalid("The message is neither a request nor a response.");
    const { method } = json;
    const params = readParams(json);
    return "id" in json
      ? { kind: "request", id: readId(json.id), method, params, json }
      : { kind: "notification", method, params, json };
  }
  if (!isAnswer) throw invalid("The message has no method.");
  return { kind: "response", id: readId(json.id), json };
}

/** The id that an answer to this message carries; undefined for messages that are not answered. */
export function answerId(message: RpcMessage | undefined): RpcId | undefined {
  return message?.kind === "request" ? message.id : undefined;
}

/** What a refused JSON-RPC request tells the client beside the sentence. */
export interface RefusalData {
  readonly code: string;
  readonly reason: string;
  readonly server?: string;
  readonly tool?: string;
}

/** A JSON-RPC error. Without an id when the request had none that could be read (MCP 2026-07-28, transports). */
export function rpcError(id: RpcId | undefined, code: number, message: string, data: RefusalData): object {
  return { jsonrpc: "2.0", ...(id === undefined ? {} : { id }), error: { code, message, data } };
}
