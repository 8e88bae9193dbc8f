import { GatewayError } from "../../errors.ts";
import type { Exchange, McpDeps, WithServer } from "../exchange.ts";

/** The address names a server of this host, by its exact key. */
export function resolveServer({ serverKey }: Exchange, { directory }: McpDeps): WithServer {
  const host = directory.settings();
  const server = host.servers.get(serverKey);
  if (server === undefined) throw new GatewayError("SERVER_UNKNOWN");
  return { host, server };
}
