import { GatewayError } from "../../errors.ts";
import type { Exchange, McpDeps, WithHost } from "../exchange.ts";

/** The address names a server of this host, by its exact key, or none: then it is `/mcp`. */
export function checkAddress({ serverKey }: Exchange, { directory }: McpDeps): WithHost {
  const host = directory.settings();
  if (serverKey !== undefined && !host.servers.has(serverKey)) throw new GatewayError("SERVER_UNKNOWN");
  return { host };
}
