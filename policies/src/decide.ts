import { canonicalEmail } from "./email.ts";
import type { HostModel } from "./model.ts";
import { effectiveTrust, reaches, type TrustLevel } from "./trust.ts";

/** A question to the policy: may an agent of `human`, consented at `consent`, call `tool` of `server`? */
export interface DecisionQuery {
  /** E-mail address; compared as `canonicalEmail` writes it. */
  readonly human: string;
  readonly server: string;
  readonly tool: string;
  readonly consent: TrustLevel;
}

/** The answer, with a code that names the link of the chain that gave it. */
export type PolicyDecision =
  | { readonly allow: true; readonly effective: TrustLevel }
  | {
      readonly allow: false;
      readonly code: "SERVER_UNKNOWN" | "TOOL_UNKNOWN" | "NO_GRANT" | "CEILING_TOO_LOW" | "CONSENT_TOO_LOW";
    };

/**
 * What Permit must answer for a host: allowed when min(ceiling, consent) reaches the tool's trust, denied otherwise.
 * Pure; the specification that the derivations in `plan.ts` are tested against.
 */
export function decide(host: HostModel, query: DecisionQuery): PolicyDecision {
  const server = host.servers.find((candidate) => candidate.key === query.server);
  if (server === undefined) return { allow: false, code: "SERVER_UNKNOWN" };
  const tool = server.tools.find((candidate) => candidate.name === query.tool && candidate.enabled);
  if (tool === undefined) return { allow: false, code: "TOOL_UNKNOWN" };
  const human = canonicalEmail(query.human);
  const grant = host.grants.find((candidate) => candidate.server === server.key && candidate.human === human);
  if (grant === undefined) return { allow: false, code: "NO_GRANT" };
  if (!reaches(grant.ceiling, tool.trust)) return { allow: false, code: "CEILING_TOO_LOW" };
  if (!reaches(query.consent, tool.trust)) return { allow: false, code: "CONSENT_TOO_LOW" };
  return { allow: true, effective: effectiveTrust(grant.ceiling, query.consent) };
}
