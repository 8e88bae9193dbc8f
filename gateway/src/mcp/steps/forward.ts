import type {
  Exchange,
  McpDeps,
  WithAnswer,
  WithGrant,
  WithMessage,
  WithProtocol,
  WithRecord,
  WithServer,
  WithSession,
} from "../exchange.ts";
import { staysOpen } from "../methods.ts";
import { sendUpstream } from "../send-upstream.ts";
import { upstreamHeaders } from "../upstream-headers.ts";

/**
 * Sends the parsed message, serialized again, to the upstream, which has as long to answer as the policy says. Of the
 * answer nobody sees anything before the call is on record.
 */
export async function forward(
  exchange: Exchange & WithServer & WithGrant & WithMessage & WithProtocol & WithSession & WithRecord,
  deps: McpDeps,
): Promise<WithAnswer> {
  const { server, message } = exchange;
  const limited = server.timeoutSeconds !== undefined && !staysOpen(message);
  const call = exchange.operation?.upstream(server);
  const body = JSON.stringify(call?.message(message.json) ?? message.json);
  const request = {
    url: server.upstreamUrl,
    method: "POST" as const,
    headers: { ...upstreamHeaders(exchange), "content-type": "application/json" },
    body,
    signal: exchange.signal,
    timeoutMs: limited ? server.timeoutSeconds * 1000 : undefined,
  };
  const sending = sendUpstream(exchange, deps, request, call);
  try {
    const [answer] = await Promise.all([sending, exchange.decided?.recorded]);
    return { answer, sentBytes: Buffer.byteLength(body) };
  } catch (error) {
    void sending.then(
      ({ body }) => body.destroy(),
      () => undefined,
    );
    throw error;
  }
}
