import { agentKey, reaches } from "@permit-mcp-gateway/policies";
import { GatewayError } from "../../errors.ts";
import { assertSupported } from "../../features.ts";
import { denialOf, explainDenial } from "../denial-reason.ts";
import type { McpDeps, WithGrant, WithMessage, WithServer, WithTerm } from "../exchange.ts";
import { calledTool } from "../methods.ts";

/**
 * A tool call is one that the decision point allows this agent now. Asked on every call, never remembered: a lowered
 * ceiling holds from the next call on, and one that ends today does whatever Permit says. The agent is client and human together; what Bob granted never serves Alice.
 */
export async function authorize(
  { message, server, grant, term }: WithMessage & WithServer & WithGrant & WithTerm,
  deps: McpDeps,
): Promise<object> {
  const name = calledTool(message);
  if (name === undefined) return {};
  // By exact name: look-alikes and other spellings are tools that the policy does not know.
  const tool = server.tools.get(name);
  if (tool === undefined) {
    throw new GatewayError("TOOL_UNKNOWN", {
      sentence: `The policy of this host does not list the tool "${name.slice(0, 100)}" of "${server.key}". Ask an admin to review it.`,
    });
  }
  // A call that waits for an approval has a step and a reason of its own.
  const unsupported = tool.unsupported.filter((feature) => feature !== "approval");
  assertSupported(`The policy of "${tool.name}" on "${server.key}"`, { unsupported });
  if (!reaches(term.ceiling, tool.trust)) throw denialOf({ tool, server }, term.ceiling, undefined);
  if (await deps.decisions.check(agentKey(grant.clientId, grant.email), tool.action, server.key)) return {};
  throw await explainDenial({ tool, server, grant }, deps.facts);
}
