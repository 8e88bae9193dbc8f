import { assertOrigin } from "../cross-origin.ts";
import type { Exchange, McpDeps } from "../exchange.ts";

/** A browser's `Origin` is one that may use the endpoint (MCP transports, security: DNS rebinding). */
export function checkOrigin({ headers: { origin } }: Exchange, deps: McpDeps): object {
  assertOrigin(origin, deps);
  return {};
}
