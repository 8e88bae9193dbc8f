/** One list of what several servers have. */
import type { Readable } from "node:stream";
import type { FastifyBaseLogger } from "fastify";
import type { Grant } from "../../deps/grants.ts";
import { type ErrorCode, GatewayError } from "../../errors.ts";
import { byteBudget } from "../byte-budget.ts";
import type { RpcMessage } from "../json-rpc.ts";
import type { Served } from "../one-server.ts";
import { readRpcAnswer } from "../rpc-answer.ts";
import { askAll } from "./ask-all.ts";
import { isObject, type Json, withParams } from "./messages.ts";
import { withPrefix } from "./prefixed-name.ts";

const pagesMax = 50;
const entriesMax = 2_000;
/** Of all pages of one server together: as much as of one answer that is read whole. */
const listBytesMax = 8 * 1024 * 1024;
const methodNotFound = -32601;

type Request = Extract<RpcMessage, { readonly kind: "request" }>;

/** Sends a message to one server. */
export type Ask = (grant: Grant, message: Request, signal: AbortSignal) => Promise<Served>;

interface Listed {
  readonly entries: readonly Json[];
  /** The shortest of its pages' (MCP 2026-07-28, caching). */
  readonly ttlMs: number;
}

/** Why a server is left out without a word: the human or the policy took it away. Others are named in `_meta`. */
const takenAway: readonly ErrorCode[] = ["GRANT_REVOKED", "GRANT_EXPIRED", "GRANT_ENDED", "SERVER_UNKNOWN", "NOT_OPEN"];

function unreadable(server: string, detail: string): GatewayError {
  const sentence = `The list of "${server}" could not be read.`;
  return new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail });
}

/** The result of a request that the gateway asked for itself; undefined where the server does not have the method. */
export async function resultOf(
  served: Served,
  server: string,
  { id }: Request,
  withinBudget: (body: Readable) => Readable = (body) => body,
): Promise<Json | undefined> {
  try {
    const { body, kind, status } = served.answer;
    const answer = body === undefined ? undefined : await readRpcAnswer(withinBudget(body), kind, id);
    if (isObject(answer?.error) && answer.error.code === methodNotFound) return undefined;
    if (status !== 200 || !isObject(answer?.result)) throw unreadable(server, `status ${status}`);
    return answer.result;
  } finally {
    served.release();
  }
}

/** All pages, within bounds: a cursor of several servers would have to say how far each of them is. */
async function readAll(ask: Ask, grant: Grant, message: Request, member: string, signal: AbortSignal): Promise<Listed> {
  const entries: Json[] = [];
  let ttlMs = Number.POSITIVE_INFINITY;
  const { cursor: _cursor, ...params } = message.params;
  const withinBudget = byteBudget(listBytesMax, () => unreadable(grant.server, `more than ${listBytesMax} bytes`));
  let cursor: unknown;
  for (let page = 0; page < pagesMax; page += 1) {
    const asked = withParams(message, cursor === undefined ? params : { ...params, cursor });
    const result = await resultOf(await ask(grant, asked, signal), grant.server, message, withinBudget);
    if (result === undefined) return { entries, ttlMs: 0 };
    const listed = result[member];
    if (!Array.isArray(listed)) throw unreadable(grant.server, `no ${member}`);
    // Before they are added: millions of entries are too many arguments of one call.
    if (entries.length + listed.length > entriesMax) break;
    entries.push(...listed.filter(isObject).filter(({ name }) => typeof name === "string"));
    ttlMs = Math.min(ttlMs, typeof result.ttlMs === "number" ? result.ttlMs : 0);
    cursor = result.nextCursor;
    if (cursor === undefined || cursor === null) return { entries, ttlMs };
  }
  throw unreadable(grant.server, `more than ${pagesMax} pages or ${entriesMax} entries`);
}

/**
 * What all of them have, by server, each entry with its server's prefix. A server that does not answer is left out, and
 * `_meta` says so. Throws the GatewayError of the first when none answers.
 */
export async function mergedList(
  {
    grants,
    message,
    member,
    stateless,
  }: {
    readonly grants: readonly Grant[];
    readonly message: Request;
    readonly member: "tools" | "prompts";
    readonly stateless: boolean;
  },
  ask: Ask,
  signal: AbortSignal,
  log: FastifyBaseLogger,
): Promise<object> {
  if (message.params.cursor !== undefined) {
    throw new GatewayError("MESSAGE_INVALID", { sentence: "This list has one page. Ask for it without a cursor." });
  }
  const parts = await askAll(grants, signal, (grant, limited) => readAll(ask, grant, message, member, limited));
  const listed = parts.flatMap((part) => (part.error === undefined ? [part] : []));
  const refused = parts.flatMap(({ grant, error }) => (error === undefined ? [] : [{ grant, error }]));
  const missing = refused.filter(({ error }) => !takenAway.includes(error.code));
  for (const { grant, error } of missing) {
    log.info({ server: grant.server, code: error.code, error: error.message }, `${member} of a server left out`);
  }
  const [first] = missing.length > 0 ? missing : refused;
  if (listed.length === 0 && first !== undefined) throw first.error;
  const entries = listed.flatMap(({ grant, value }) =>
    value.entries.map((entry) => ({ ...entry, name: withPrefix(grant.server, String(entry.name)) })),
  );
  const ttls = listed.map(({ value }) => value.ttlMs).filter(Number.isFinite);
  // What is missing now may be there the next time.
  const ttlMs = missing.length > 0 || ttls.length === 0 ? 0 : Math.min(...ttls);
  return {
    [member]: entries,
    // A list made for one agent must not be kept for another.
    ...(stateless ? { resultType: "complete", ttlMs, cacheScope: "private" } : {}),
    ...(missing.length === 0 ? {} : { _meta: { "permit-mcp-gateway/missing": missing.map(missingView) } }),
  };
}

function missingView({ grant, error }: { readonly grant: Grant; readonly error: GatewayError }): object {
  const { code, sentence, link } = error;
  return { server: grant.server, code, reason: sentence, ...(link === undefined ? {} : { link }) };
}
