import { agentKey, reaches } from "@permit-mcp-gateway/policies";
import type { Sighting } from "../drift-log.ts";
import type {
  Exchange,
  McpDeps,
  VisibleTools,
  WithGrant,
  WithMessage,
  WithProtocol,
  WithServer,
  WithTerm,
  WithVisibleTools,
} from "../exchange.ts";
import { levelBound } from "../level-bound.ts";
import { digestsOf } from "../tool-definition.ts";
import { shownEntries } from "../tool-list.ts";

type Asking = WithServer & WithGrant & WithTerm;

/** The names of the tools that this agent may call now; of all that the policy lists where it says so. */
async function allowedTools(asking: Asking, { decisions }: McpDeps): Promise<ReadonlySet<string>> {
  const { server, grant } = asking;
  if (server.listTools === "all") return new Set(server.tools.keys());
  const tools = [...server.tools.values()].filter(
    ({ unsupported, trust }) => unsupported.length === 0 && reaches(levelBound(asking), trust),
  );
  if (tools.length === 0) return new Set();
  const actions = tools.map((tool) => tool.action);
  const allowed = await decisions.checkAll(agentKey(grant.clientId, grant.email), actions, server.key);
  return new Set(tools.filter((_, index) => allowed[index] === true).map((tool) => tool.name));
}

/** What a tool list would show now, by name: what is allowed, without what is known to be changed since its review. */
export async function visibleNames(asking: Asking & Sighting, deps: McpDeps): Promise<readonly string[]> {
  const names = await allowedTools(asking, deps);
  return [...asking.server.tools.values()]
    .filter((tool) => names.has(tool.name) && !deps.pins.isChanged(asking, tool))
    .map(({ name }) => name);
}

/** `tools/list` shows what the policy says. Asked before the upstream is: without an answer there is no list at all. */
export async function filterToolList(
  exchange: Exchange & WithMessage & WithProtocol & Asking,
  deps: McpDeps,
): Promise<WithVisibleTools> {
  const { message, server } = exchange;
  if (message.kind !== "request" || message.method !== "tools/list") return { visibleTools: undefined };
  const names = await allowedTools(exchange, deps);
  const reading = deps.pins.begin(exchange);
  const visibleTools: VisibleTools = async (entries) => {
    const digests = await deps.pins.observe(exchange, reading, entries);
    return shownEntries(entries, server, names, digests);
  };
  return { visibleTools };
}

/**
 * A resumed stream may replay the answer to a `tools/list`, so it is filtered as well, with the decisions of then. It
 * says nothing of what the tools are now.
 */
export function filterReplay(exchange: Asking, deps: McpDeps): WithVisibleTools {
  const { server } = exchange;
  return {
    visibleTools: async (entries) =>
      shownEntries(entries, server, await allowedTools(exchange, deps), await digestsOf(server, entries)),
  };
}
