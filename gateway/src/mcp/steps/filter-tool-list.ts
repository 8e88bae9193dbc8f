import { agentKey, reaches } from "@permit-mcp-gateway/policies";
import type {
  McpDeps,
  VisibleTools,
  WithGrant,
  WithMessage,
  WithServer,
  WithTerm,
  WithVisibleTools,
} from "../exchange.ts";

/** The tools of a server that this agent may call now; all that the policy lists where it says so. */
export function visibleToolsOf(
  { server, grant, term }: WithServer & WithGrant & WithTerm,
  { decisions }: McpDeps,
): VisibleTools {
  return async () => {
    if (server.listTools === "all") return new Set(server.tools.keys());
    const tools = [...server.tools.values()].filter(
      ({ unsupported, trust }) => unsupported.length === 0 && reaches(term.ceiling, trust),
    );
    if (tools.length === 0) return new Set();
    const actions = tools.map((tool) => tool.action);
    const allowed = await decisions.checkAll(agentKey(grant.clientId, grant.email), actions, server.key);
    return new Set(tools.filter((_, index) => allowed[index] === true).map((tool) => tool.name));
  };
}

/** `tools/list` shows what the policy says. Asked before the upstream is: without an answer there is no list at all. */
export async function filterToolList(
  exchange: WithMessage & WithServer & WithGrant & WithTerm,
  deps: McpDeps,
): Promise<WithVisibleTools> {
  const { message } = exchange;
  if (message.kind !== "request" || message.method !== "tools/list") return { visibleTools: undefined };
  const visible = await visibleToolsOf(exchange, deps)();
  return { visibleTools: async () => visible };
}
