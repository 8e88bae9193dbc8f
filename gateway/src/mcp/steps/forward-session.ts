import type { Exchange, McpDeps, WithAnswer, WithProtocol, WithServer, WithSession } from "../exchange.ts";
import { upstreamHeaders } from "../upstream-headers.ts";

/** Opens the stream of server messages, or ends the session, at the upstream. */
export async function forwardSession(
  exchange: Exchange & WithServer & WithProtocol & WithSession,
  { upstream }: McpDeps,
): Promise<WithAnswer> {
  const answer = await upstream.send({
    url: exchange.server.upstreamUrl,
    method: exchange.httpMethod,
    headers: upstreamHeaders(exchange),
    signal: exchange.signal,
  });
  return { answer };
}
