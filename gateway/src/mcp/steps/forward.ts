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
import { calledTool, staysOpen } from "../methods.ts";
import { sendUpstream } from "../send-upstream.ts";
import { upstreamHeaders } from "../upstream-headers.ts";

/** How long the answer may take, in milliseconds: as the called tool says, or else the server; undefined: as long as it does. */
function timeoutMs({ server, message }: WithServer & WithMessage): number | undefined {
  if (staysOpen(message)) return undefined;
  const seconds = server.tools.get(calledTool(message) ?? "")?.timeoutSeconds ?? server.timeoutSeconds;
  return seconds === undefined ? undefined : seconds * 1000;
}

/**
 * Sends the parsed message, serialized again, to the upstream, which has as long to answer as the policy says. Of the
 * answer nobody sees anything before the call is on record.
 */
export async function forward(
  exchange: Exchange & WithServer & WithGrant & WithMessage & WithProtocol & WithSession & WithRecord,
  deps: McpDeps,
): Promise<WithAnswer> {
  const { server, message } = exchange;
  const call = exchange.operation?.upstream(server);
  const body = JSON.stringify(call?.message(message.json) ?? message.json);
  const request = {
    url: server.upstreamUrl,
    method: "POST" as const,
    headers: { ...upstreamHeaders(exchange), "content-type": "application/json" },
    body,
    signal: exchange.signal,
    timeoutMs: timeoutMs(exchange),
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
