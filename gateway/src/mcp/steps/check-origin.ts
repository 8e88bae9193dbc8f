import { loopbackHosts } from "@permit-mcp-gateway/policies";
import { GatewayError } from "../../errors.ts";
import type { Exchange, McpDeps } from "../exchange.ts";

/**
 * A browser's `Origin` must be ours or this machine's (MCP transports, security: DNS rebinding). Clients that are no
 * browser send none. `null`, of sandboxed frames and local files, is refused.
 */
export function checkOrigin({ headers: { origin } }: Exchange, { publicUrl }: McpDeps): object {
  if (origin === undefined || origin === publicUrl) return {};
  if (URL.canParse(origin) && loopbackHosts.has(new URL(origin).hostname)) return {};
  throw new GatewayError("ORIGIN_FORBIDDEN", { sentence: "Web pages of other sites can't use this endpoint." });
}
