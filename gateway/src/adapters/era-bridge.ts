/**
 * Clients of the revisions with sessions (to 2025-11-25) at servers that know the ones without only (2026-07-28 and later):
 * lists, calls, resources, prompts and completion. Nothing is kept for a client; what servers ask clients, subscriptions,
 * log levels and `Mcp-Param-*` are not translated. The other way round there is no need: clients that know both revisions
 * fall back by themselves, and only so have all that the older one has.
 */
import { Readable } from "node:stream";
import { setBounded } from "../bounded-map.ts";
import type { Clock } from "../deps/process.ts";
import type { Upstream, UpstreamAnswer, UpstreamCaller, UpstreamRequest } from "../deps/upstream.ts";
import { GatewayError } from "../errors.ts";
import { readJson } from "../mcp/answer-body.ts";
import { encodeHeaderValue } from "../mcp/header-value.ts";
import type { RpcId } from "../mcp/json-rpc.ts";
import { parseJson } from "../mcp/json-text.ts";
import { isStateless } from "../mcp/revision.ts";
import { readRpcAnswer } from "../mcp/rpc-answer.ts";
import { rewriteEvents } from "../mcp/sse-filter.ts";

type Json = Readonly<Record<string, unknown>>;

/** The revision that is spoken to the server. */
const revision = "2026-07-28";
/** Of what initialize may ask for; a client that asks for another one gets the last. */
const revisionsWithSessions = ["2025-03-26", "2025-06-18", "2025-11-25"];
/** JSON-RPC code of a server that does not have the revision (MCP 2026-07-28, error codes). */
const unsupportedVersion = -32022;
const internalError = -32603;
/** Bridged methods, and the member of `params` that the header `Mcp-Name` mirrors. */
const methods: Readonly<Record<string, "name" | "uri" | undefined>> = {
  "tools/list": undefined,
  "tools/call": "name",
  "resources/list": undefined,
  "resources/templates/list": undefined,
  "resources/read": "uri",
  "prompts/list": undefined,
  "prompts/get": "name",
  "completion/complete": undefined,
};
/** Capabilities that are left of a server's, without what they promise of notifications. */
const capabilities = ["tools", "resources", "prompts", "completions"];
/** After that the server is asked again: it may have learned the older revisions. */
const rememberMs = 10 * 60_000;
/** Humans enter servers too, so the number of URLs is nobody's to promise. */
const knownMax = 10_000;

const objectOf = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** Of a server's headers what is about the answer, whatever revision it is read in. */
const keptHeaders = ["retry-after", "allow"];

function jsonAnswer(status: number, body: unknown, from: UpstreamAnswer["headers"] = {}): UpstreamAnswer {
  const kept = Object.fromEntries(
    keptHeaders.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])),
  );
  const stream = Readable.from([JSON.stringify(body)]);
  // Whoever lets it go unread may do so with an error, which must not end the process.
  stream.on("error", () => undefined);
  return { status, headers: { ...kept, "content-type": "application/json" }, body: stream };
}

/** Credentials are the business of whoever sent the request: another token, or more scopes, may do. */
const isAboutCredentials = ({ status }: UpstreamAnswer) => status === 401 || status === 403;

/** The request as the server's revision has it. */
function translated(request: UpstreamRequest, { agent }: UpstreamCaller, message: Json): UpstreamRequest {
  const params = objectOf(message.params);
  const method = String(message.method);
  const member = methods[method];
  const name = member === undefined ? undefined : params[member];
  const _meta = {
    ...objectOf(params._meta),
    "io.modelcontextprotocol/protocolVersion": revision,
    "io.modelcontextprotocol/clientInfo": { name: agent.clientName, version: "unknown" },
    // It can answer no questions of the server: those come as results, and the older revisions have none such.
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return {
    ...request,
    headers: {
      ...request.headers,
      "mcp-protocol-version": revision,
      "mcp-method": method,
      ...(typeof name === "string" ? { "mcp-name": encodeHeaderValue(name) } : {}),
    },
    body: JSON.stringify({ ...message, params: { ...params, _meta } }),
  };
}

/** A message of the server as the older revisions have it. */
function understood(message: unknown): unknown {
  const { result, ...rest } = objectOf(message);
  if (result === undefined) return message;
  const { resultType, ttlMs: _ttl, cacheScope: _scope, ...kept } = objectOf(result);
  if (resultType === undefined || resultType === "complete") return { ...rest, result: kept };
  const text = `The server asks for what only clients of revision ${revision} can answer.`;
  return { ...rest, error: { code: internalError, message: text } };
}

function isSupportedOnlyWithoutSessions(error: Json): boolean {
  const { supported } = objectOf(error.data);
  return (
    error.code === unsupportedVersion &&
    Array.isArray(supported) &&
    supported.includes(revision) &&
    supported.every(isStateless)
  );
}

/** `upstream`, with the translation where a server needs it. */
export function createEraBridge(upstream: Upstream, clock: Clock): Upstream {
  /** URL of a server without sessions -> until when that is believed. */
  const known = new Map<string, number>();

  const discover = async (request: UpstreamRequest, caller: UpstreamCaller, message: Json): Promise<UpstreamAnswer> => {
    const asked = { jsonrpc: "2.0", id: message.id, method: "server/discover", params: {} };
    const answer = await ask(request, caller, asked);
    // An error with the request's id has been made a 200: what is left says something of the request itself.
    if (answer.status >= 400) return answer;
    const isEvents = String(answer.headers["content-type"] ?? "").startsWith("text/event-stream");
    const said = objectOf(await readRpcAnswer(answer.body, isEvents ? "events" : "json", message.id as RpcId));
    if (said.result === undefined) {
      if (said.error !== undefined) return jsonAnswer(200, said);
      throw new GatewayError("UPSTREAM_UNAVAILABLE", { detail: "server/discover was not answered" });
    }
    const { capabilities: has, instructions, _meta } = objectOf(said.result);
    const wanted = objectOf(message.params).protocolVersion;
    const left = capabilities.filter((name) => name in objectOf(has));
    const result = {
      protocolVersion: revisionsWithSessions.find((one) => one === wanted) ?? revisionsWithSessions.at(-1),
      capabilities: Object.fromEntries(left.map((name) => [name, {}])),
      serverInfo: objectOf(_meta)["io.modelcontextprotocol/serverInfo"] ?? {
        name: caller.server.name,
        version: "unknown",
      },
      ...(instructions === undefined ? {} : { instructions }),
    };
    return jsonAnswer(200, { jsonrpc: "2.0", id: message.id, result });
  };

  const ask = async (request: UpstreamRequest, caller: UpstreamCaller, message: Json): Promise<UpstreamAnswer> => {
    const answer = await upstream.send(translated(request, caller, message));
    if (isAboutCredentials(answer)) return answer;
    const type = String(answer.headers["content-type"] ?? "")
      .split(";")[0]
      ?.trim()
      .toLowerCase();
    if (type === "text/event-stream" && answer.status === 200) {
      const events = rewriteEvents(async (one) => understood(one));
      answer.body.on("error", (error) => events.destroy(error));
      events.on("error", () => undefined).on("close", () => answer.body.destroy());
      if (answer.body.destroyed) events.destroy(answer.body.errored ?? new GatewayError("UPSTREAM_UNAVAILABLE"));
      return { ...answer, body: answer.body.pipe(events) };
    }
    if (type !== "application/json") return answer;
    const said = understood(await readJson(answer.body));
    // Clients of the older revisions read an error in a 200 only.
    return jsonAnswer(objectOf(said).id === message.id ? 200 : answer.status, said, answer.headers);
  };

  const bridged = async (request: UpstreamRequest, caller: UpstreamCaller, message: Json): Promise<UpstreamAnswer> => {
    const { id, method } = message;
    if (id === undefined || typeof method !== "string") return { status: 202, headers: {}, body: Readable.from([]) };
    if (method === "initialize") {
      return discover(request, caller, message);
    }
    if (method === "ping") return jsonAnswer(200, { jsonrpc: "2.0", id, result: {} });
    if (Object.hasOwn(methods, method)) return ask(request, caller, message);
    const error = {
      code: -32601,
      message: `The server has no ${method} for clients of the revisions before ${revision}.`,
    };
    return jsonAnswer(200, { jsonrpc: "2.0", id, error });
  };

  return {
    send: async (request) => {
      const { caller, headers, url } = request;
      if (caller === undefined || request.body === undefined) return upstream.send(request);
      if (isStateless(headers["mcp-protocol-version"])) return upstream.send(request);
      const { body } = request;
      const messageOf = () => objectOf(parseJson(body));
      if ((known.get(url) ?? 0) > clock().getTime()) return bridged(request, caller, messageOf());
      const answer = await upstream.send(request);
      const type = String(answer.headers["content-type"] ?? "");
      if (answer.status !== 400 || !type.startsWith("application/json")) return answer;
      const said = await readJson(answer.body);
      // Refused for its revision, so it was not acted on: it can be sent again.
      if (!isSupportedOnlyWithoutSessions(objectOf(objectOf(said).error))) return jsonAnswer(400, said, answer.headers);
      setBounded(known, knownMax, url, clock().getTime() + rememberMs);
      return bridged(request, caller, messageOf());
    },
  };
}
