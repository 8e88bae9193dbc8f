import { agentKey, reaches } from "@permit-mcp-gateway/policies";
import type { ServerSettings } from "../../deps/host-settings.ts";
import { GatewayError } from "../../errors.ts";
import { assertSupported } from "../../features.ts";
import { labelOf } from "../../server-url.ts";
import { denialOf, explainDenial } from "../denial-reason.ts";
import type { Exchange, McpDeps, WithGrant, WithMessage, WithServer, WithTerm } from "../exchange.ts";
import { levelBound } from "../level-bound.ts";
import { calledTool } from "../methods.ts";

/**
 * A tool call is one that the decision point allows this agent now. Asked on every call, never remembered: a lowered
 * ceiling holds from the next call on, and one that ends today does whatever Permit says. The agent is client and human together; what Bob granted never serves Alice.
 */
export async function authorize(
  asking: WithMessage & WithServer & WithGrant & WithTerm & Pick<Exchange, "operation">,
  deps: McpDeps,
): Promise<object> {
  const { message, server, grant, term, operation } = asking;
  const name = calledTool(message);
  if (name === undefined) return {};
  // By exact name: look-alikes and other spellings are tools that the policy does not know.
  const tool = server.tools.get(name);
  if (tool === undefined) {
    throw toolUnknown(name.slice(0, 100), server);
  }
  // A call that waits for an approval has a step and a reason of its own.
  const unsupported = tool.unsupported.filter((feature) => feature !== "approval");
  assertSupported(`The policy of "${tool.name}" on "${labelOf(server)}"`, { unsupported });
  if (!reaches(term.ceiling, tool.trust)) throw denialOf({ tool, server }, term.ceiling, undefined);
  const within = reaches(levelBound(asking), tool.trust);
  const ask = () => deps.decisions.check(agentKey(grant.clientId, grant.email), tool.action, server.key);
  if (within && (await (operation?.decision(ask) ?? ask()))) return {};
  throw await explainDenial({ tool, server, grant }, deps.facts);
}

/** Whoever can review the tool is asked to: an admin, or the human who entered the server. */
function toolUnknown(name: string, server: ServerSettings): GatewayError {
  const label = labelOf(server);
  const sentence =
    server.enteredBy === undefined
      ? `The policy of this host does not list the tool "${name}" of "${label}". Ask an admin to review it.`
      : `"${label}" did not have the tool "${name}" when you connected it. Connect that server again to see what it has now.`;
  return new GatewayError("TOOL_UNKNOWN", { sentence });
}
