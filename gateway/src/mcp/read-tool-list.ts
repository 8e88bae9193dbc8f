/** Reads a server's whole tool list as the agent would, to see whether a tool is still what was reviewed. */
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { ServerSettings } from "../deps/host-settings.ts";
import type { UpstreamAnswer } from "../deps/upstream.ts";
import { GatewayError } from "../errors.ts";
import { labelOf } from "../server-url.ts";
import { kindOf } from "./answer-headers.ts";
import { byteBudget } from "./byte-budget.ts";
import type { Exchange, McpDeps, WithGrant, WithMessage, WithProtocol, WithServer, WithSession } from "./exchange.ts";
import { readRpcAnswer } from "./rpc-answer.ts";
import { sendUpstream } from "./send-upstream.ts";
import { listedToolsMax } from "./tool-list.ts";
import { upstreamHeaders } from "./upstream-headers.ts";

const timeoutMs = 20_000;
const pagesMax = 100;
/** Of all pages together: as much as of one answer that is read whole. */
const listBytesMax = 8 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;
type Asking = Exchange & WithServer & WithGrant & WithMessage & WithProtocol & WithSession;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

function unreadable(server: ServerSettings, detail: string, cause?: unknown): GatewayError {
  const sentence = `The tool list of "${labelOf(server)}" could not be read, so nobody can tell whether the tool is what was reviewed. Try again in a moment.`;
  return new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail, cause });
}

async function resultOf(
  { server, upstreamSessionId }: Asking,
  answer: UpstreamAnswer,
  id: string,
  withinBudget: (body: Readable) => Readable,
): Promise<Json> {
  try {
    // Only the client can open another session.
    if (answer.status === 404 && upstreamSessionId !== undefined) throw new GatewayError("SESSION_UNKNOWN");
    const kind = kindOf(answer, "POST");
    if (answer.status !== 200 || kind === "empty") throw unreadable(server, `status ${answer.status}`);
    const message = await readRpcAnswer(withinBudget(answer.body), kind, id);
    if (!isObject(message?.result)) throw unreadable(server, "the answer holds no result");
    return message.result;
  } finally {
    answer.body.on("error", () => undefined).destroy();
  }
}

/** What a request of a revision without sessions must say of its client (MCP 2026-07-28, per-request metadata). */
function metaOf({ message, stateless }: Asking): Json {
  const meta = message.kind === "request" ? message.params._meta : undefined;
  if (!stateless || !isObject(meta)) return {};
  return {
    _meta: Object.fromEntries(Object.entries(meta).filter(([key]) => key.startsWith("io.modelcontextprotocol/"))),
  };
}

/**
 * In the session and with the protocol revision of this very call, because a server may list other tools in others; with
 * the same credentials. At most 20 seconds, 100 pages, 2,000 tools and 8 MB. Throws GatewayError UPSTREAM_UNAVAILABLE,
 * UPSTREAM_TIMEOUT, SESSION_UNKNOWN, or what `sendUpstream` throws.
 */
export async function readToolList(exchange: Asking, deps: McpDeps): Promise<readonly unknown[]> {
  const { server, stateless } = exchange;
  const version = exchange.protocolHeaders["mcp-protocol-version"];
  const protocolHeaders: Record<string, string> = {
    ...(version === undefined ? {} : { "mcp-protocol-version": version }),
    ...(stateless ? { "mcp-method": "tools/list" } : {}),
  };
  const headers = { ...upstreamHeaders({ ...exchange, protocolHeaders }), "content-type": "application/json" };
  // Not the call's: others wait for this list too.
  const signal = AbortSignal.timeout(timeoutMs);
  const withinBudget = byteBudget(listBytesMax, () => unreadable(server, `more than ${listBytesMax} bytes`));
  const entries: unknown[] = [];
  let cursor: unknown;
  for (let page = 0; page < pagesMax; page += 1) {
    const id = randomUUID();
    const params = { ...(cursor === undefined ? {} : { cursor }), ...metaOf(exchange) };
    const message = { jsonrpc: "2.0", id, method: "tools/list", params };
    const call = exchange.operation?.upstream(server, "tools/list");
    const body = JSON.stringify(call?.message(message) ?? message);
    const request = { url: server.upstreamUrl, method: "POST", headers, body, signal, timeoutMs } as const;
    const result = await resultOf(exchange, await sendUpstream(exchange, deps, request, call), id, withinBudget);
    if (!Array.isArray(result.tools)) throw unreadable(server, "the list is no list");
    // Before they are added: millions of entries are too many arguments of one call.
    if (entries.length + result.tools.length > listedToolsMax) break;
    entries.push(...(result.tools as unknown[]));
    cursor = result.nextCursor;
    if (cursor === undefined || cursor === null) return entries;
  }
  throw unreadable(server, `more than ${pagesMax} pages or ${listedToolsMax} tools`);
}
