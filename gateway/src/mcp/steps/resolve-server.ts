import { GatewayError } from "../../errors.ts";
import type { WithGrant, WithHost, WithServer } from "../exchange.ts";

/**
 * The server that the human consented to is one of this host, or one that this very human has entered. At `/mcp` nothing
 * else says which it is. Throws GatewayError SERVER_UNKNOWN or GRANT_REVOKED.
 */
export function resolveServer({ host, grant }: WithHost & WithGrant): WithServer {
  const server = host.servers.get(grant.server);
  // Whose consent was revoked is told so, also where the server went with it: the client can then connect again.
  if (server === undefined) throw new GatewayError(grant.revokedAt === null ? "SERVER_UNKNOWN" : "GRANT_REVOKED");
  return { host, server };
}
