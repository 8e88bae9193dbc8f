import { GatewayError } from "../../errors.ts";
import type { Exchange, McpDeps, WithGrant, WithProtocol, WithServer, WithSession } from "../exchange.ts";

/**
 * Where the gateway keeps the sessions at the servers itself, the one at this server is opened when it is first needed:
 * after the decision, so that no refused call makes the gateway go there.
 */
export async function openUpstream(
  exchange: Exchange & WithServer & WithGrant & WithProtocol & WithSession,
  { sessions }: McpDeps,
): Promise<WithSession & Pick<WithProtocol, "protocolHeaders">> {
  const { upstreamSessionId, protocolHeaders, grant } = exchange;
  const opened = await exchange.openUpstream?.(exchange);
  if (opened === undefined) return { upstreamSessionId, protocolHeaders };
  const { sealedId, protocolVersion } = opened;
  const session = sealedId === null ? undefined : sessions.open(sealedId, grant);
  if (sealedId !== null && session === undefined) throw new GatewayError("SESSION_UNKNOWN");
  return {
    upstreamSessionId: session?.id,
    sessionClientVersion: session?.clientVersion,
    // Each server has its own idea of the revision.
    protocolHeaders: { ...protocolHeaders, "mcp-protocol-version": protocolVersion },
  };
}
