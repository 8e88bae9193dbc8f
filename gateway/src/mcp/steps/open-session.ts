import { GatewayError } from "../../errors.ts";
import type { Exchange, McpDeps, WithGrant, WithProtocol, WithSession } from "../exchange.ts";

/**
 * A session that the client names is its own: opened with agent and server, or refused before the upstream hears of
 * it. A revision without sessions ignores the header (MCP 2026-07-28, earlier revisions).
 */
export function openSession(
  { headers, grant, stateless }: Exchange & WithGrant & WithProtocol,
  { sessions }: McpDeps,
): WithSession {
  const sealed = headers["mcp-session-id"];
  if (stateless || sealed === undefined) return { upstreamSessionId: undefined };
  const session = typeof sealed === "string" ? sessions.open(sealed, grant) : undefined;
  if (session === undefined) throw new GatewayError("SESSION_UNKNOWN");
  return { upstreamSessionId: session.id, sessionClientVersion: session.clientVersion };
}
