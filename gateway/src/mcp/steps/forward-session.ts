import type { Exchange, McpDeps, WithAnswer, WithGrant, WithProtocol, WithServer, WithSession } from "../exchange.ts";
import { sendUpstream } from "../send-upstream.ts";
import { upstreamHeaders } from "../upstream-headers.ts";

/**
 * Opens the stream of server messages, or ends the session, at the upstream, which has as long for it as the policy gives
 * the server. The stream itself has no limit.
 */
export async function forwardSession(
  exchange: Exchange & WithServer & WithGrant & WithProtocol & WithSession,
  deps: McpDeps,
): Promise<WithAnswer> {
  const { timeoutSeconds } = exchange.server;
  const request = {
    url: exchange.server.upstreamUrl,
    method: exchange.httpMethod,
    headers: upstreamHeaders(exchange),
    signal: exchange.signal,
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
  };
  const answer = await sendUpstream(exchange, deps, request, exchange.operation?.upstream(exchange.server));
  return { answer };
}
