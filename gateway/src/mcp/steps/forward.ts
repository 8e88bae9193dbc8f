import type { Exchange, McpDeps, WithAnswer, WithMessage, WithProtocol, WithServer, WithSession } from "../exchange.ts";
import { upstreamHeaders } from "../upstream-headers.ts";

/** Sends the parsed message, serialized again, to the upstream. */
export async function forward(
  exchange: Exchange & WithServer & WithMessage & WithProtocol & WithSession,
  { upstream }: McpDeps,
): Promise<WithAnswer> {
  const answer = await upstream.send({
    url: exchange.server.upstreamUrl,
    method: "POST",
    headers: { ...upstreamHeaders(exchange), "content-type": "application/json" },
    body: JSON.stringify(exchange.message.json),
    signal: exchange.signal,
  });
  return { answer };
}
