import { agentKey } from "@permit-mcp-gateway/policies";
import type { McpDeps, VisibleTools, WithGrant, WithMessage, WithServer, WithVisibleTools } from "../exchange.ts";

/** The tools of a server that the decision point allows this agent now. */
export function visibleToolsOf({ server, grant }: WithServer & WithGrant, { decisions }: McpDeps): VisibleTools {
  return async () => {
    const tools = [...server.tools.values()];
    if (tools.length === 0) return new Set();
    const actions = tools.map((tool) => tool.action);
    const allowed = await decisions.checkAll(agentKey(grant.clientId, grant.email), actions, server.key);
    return new Set(tools.filter((_, index) => allowed[index] === true).map((tool) => tool.name));
  };
}

/** `tools/list` shows what may be called. Asked before the upstream is: without an answer there is no list at all. */
export async function filterToolList(
  exchange: WithMessage & WithServer & WithGrant,
  deps: McpDeps,
): Promise<WithVisibleTools> {
  const { message } = exchange;
  if (message.kind !== "request" || message.method !== "tools/list") return { visibleTools: undefined };
  const visible = await visibleToolsOf(exchange, deps)();
  return { visibleTools: async () => visible };
}
