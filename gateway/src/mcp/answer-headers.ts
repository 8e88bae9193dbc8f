import type { UpstreamAnswer } from "../deps/upstream.ts";
import { GatewayError } from "../errors.ts";
import type { Exchange } from "./exchange.ts";
import type { SessionOwner, SessionSeal } from "./session-seal.ts";

/** The shape of an upstream's answer, which says how it is passed on. */
export type AnswerKind = "json" | "events" | "empty";

const maxSessionIdLength = 1024;

function single(answer: UpstreamAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function unusable(sentence: string, detail: string): GatewayError {
  return new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail });
}

/**
 * What kind of answer this is. Throws GatewayError UPSTREAM_UNAVAILABLE for what is not MCP: a redirect (following or
 * passing it on would send the call, or the client, wherever it points), a demand for credentials (the client would
 * take it for this gateway's own), a page, a compressed or a failed answer.
 */
export function kindOf(answer: UpstreamAnswer, httpMethod: Exchange["httpMethod"]): AnswerKind {
  const { status } = answer;
  if (status === 401 || status === 403 || status === 407) {
    throw unusable("The MCP server asks for credentials that the gateway does not have.", `status ${status}`);
  }
  if (status < 200 || (status >= 300 && status < 400)) {
    throw unusable(
      "The MCP server redirects, which is not followed. Ask an admin to check its URL.",
      `status ${status}`,
    );
  }
  if ((single(answer, "content-encoding") ?? "identity") !== "identity") {
    throw unusable("The MCP server's answer is compressed, though none was asked for.", "content-encoding");
  }
  const type = (single(answer, "content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type === "application/json") return "json";
  if (type === "text/event-stream" && status === 200) return "events";
  if (status >= 500) throw unusable("The MCP server failed.", `status ${status}, type ${type}`);
  // Of a client error the status is the message (404: the session is over, 405: no stream); a page beside it is not.
  if (status >= 400 || status === 202 || status === 204 || httpMethod === "DELETE") return "empty";
  throw unusable("The MCP server's answer is neither JSON nor an event stream.", `status ${status}, type ${type}`);
}

/** The headers of the answer to the client, made one by one like those of the request. */
export function answerHeaders(
  answer: UpstreamAnswer,
  kind: AnswerKind,
  { owner, clientVersion }: { readonly owner: SessionOwner; readonly clientVersion: string | undefined },
  sessions: SessionSeal,
): Record<string, string> {
  const headers: Record<string, string> = { "cache-control": "no-store" };
  if (kind === "json") headers["content-type"] = "application/json";
  if (kind === "events") {
    headers["content-type"] = "text/event-stream";
    // Proxies on the way would hold events back (MCP transports, receiving messages).
    headers["x-accel-buffering"] = "no";
  }
  for (const name of ["mcp-protocol-version", "retry-after", "allow"]) {
    const value = single(answer, name);
    if (value !== undefined) headers[name] = value;
  }
  const sessionId = single(answer, "mcp-session-id");
  if (sessionId !== undefined) {
    // MCP 2025-11-25, session management: visible ASCII only.
    if (!/^[\x21-\x7e]+$/.test(sessionId) || sessionId.length > maxSessionIdLength) {
      throw unusable("The MCP server's session id is not valid.", "mcp-session-id");
    }
    headers["mcp-session-id"] = sessions.seal({ id: sessionId, clientVersion }, owner);
  }
  return headers;
}
