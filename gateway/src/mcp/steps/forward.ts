import type {
  Exchange,
  McpDeps,
  WithAnswer,
  WithGrant,
  WithMessage,
  WithProtocol,
  WithServer,
  WithSession,
} from "../exchange.ts";
import { staysOpen } from "../methods.ts";
import { sendUpstream } from "../send-upstream.ts";
import { upstreamHeaders } from "../upstream-headers.ts";

/** Sends the parsed message, serialized again, to the upstream, which has as long to answer as the policy says. */
export async function forward(
  exchange: Exchange & WithServer & WithGrant & WithMessage & WithProtocol & WithSession,
  deps: McpDeps,
): Promise<WithAnswer> {
  const { server, message } = exchange;
  const limited = server.timeoutSeconds !== undefined && !staysOpen(message);
  const answer = await sendUpstream(exchange, deps, {
    url: server.upstreamUrl,
    method: "POST",
    headers: { ...upstreamHeaders(exchange), "content-type": "application/json" },
    body: JSON.stringify(message.json),
    signal: exchange.signal,
    timeoutMs: limited ? server.timeoutSeconds * 1000 : undefined,
  });
  return { answer };
}
