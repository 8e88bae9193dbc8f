import { isDynamicServerKey } from "@permit-mcp-gateway/policies";
import type { Grant } from "../deps/grants.ts";
import type { HostSettings } from "../deps/host-settings.ts";
import type { McpDeps } from "./exchange.ts";

/**
 * The host as the human of these grants has it, when one of them is to a server that a human has entered: such a server
 * is in its owner's settings alone. Throws GatewayError STORE_UNAVAILABLE.
 */
export async function withOwnServers(
  host: HostSettings,
  grants: readonly Pick<Grant, "userId" | "server">[],
  { directory }: Pick<McpDeps, "directory">,
): Promise<HostSettings> {
  const own = grants.find(({ server }) => isDynamicServerKey(server));
  return own === undefined ? host : directory.settingsOf(own.userId);
}
