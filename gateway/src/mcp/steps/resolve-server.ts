import { GatewayError } from "../../errors.ts";
import type { WithGrant, WithHost, WithServer } from "../exchange.ts";

/** The server that the human consented to is one of this host. At `/mcp` nothing else says which it is. */
export function resolveServer({ host, grant }: WithHost & WithGrant): WithServer {
  const server = host.servers.get(grant.server);
  if (server === undefined) throw new GatewayError("SERVER_UNKNOWN");
  return { host, server };
}
