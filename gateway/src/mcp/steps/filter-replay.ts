import type { McpDeps, WithGrant, WithServer, WithTerm, WithVisibleTools } from "../exchange.ts";
import { visibleToolsOf } from "./filter-tool-list.ts";

/** A resumed stream may replay the answer to a `tools/list`, so it is filtered as well, with the decisions of then. */
export function filterReplay(exchange: WithServer & WithGrant & WithTerm, deps: McpDeps): WithVisibleTools {
  return { visibleTools: visibleToolsOf(exchange, deps) };
}
