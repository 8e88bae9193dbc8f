import { agentKey, effectiveTrust, permitServerOf, reaches, type TrustLevel } from "@permit-mcp-gateway/policies";
import type { Grant } from "../deps/grants.ts";
import type { ServerSettings } from "../deps/host-settings.ts";
import type { McpDeps } from "./exchange.ts";

/**
 * Whether the agent's effective trust on the server is at least `level`, asked now. Permit has an action for each tool
 * and for nothing else, so the tools are the witnesses: what it says of one of this very trust is the answer; so is a
 * tool above that is allowed, and one below that is not. Where the policy has no such tool, ceiling and consent are
 * read. Throws GatewayError when neither can be asked.
 */
export async function hasTrust(
  level: TrustLevel,
  { server, grant }: { readonly server: ServerSettings; readonly grant: Grant },
  { decisions, facts }: Pick<McpDeps, "decisions" | "facts">,
): Promise<boolean> {
  const agent = agentKey(grant.clientId, grant.email);
  const tools = [...server.tools.values()];
  const same = tools.find(({ trust }) => trust === level);
  if (same !== undefined) return decisions.check(agent, same.action, server.key);
  if (tools.length > 0) {
    const actions = tools.map(({ action }) => action);
    const allowed = await decisions.checkAll(agent, actions, server.key);
    if (tools.some(({ trust }, index) => allowed[index] === true && reaches(trust, level))) return true;
    if (tools.some(({ trust }, index) => allowed[index] !== true && reaches(level, trust))) return false;
  }
  const [ceilings, consent] = await Promise.all([facts.ceilings(grant.email), facts.consent(grant, server.key)]);
  const ceiling = ceilings.get(permitServerOf(server.key));
  return ceiling !== undefined && consent !== undefined && reaches(effectiveTrust(ceiling, consent), level);
}
