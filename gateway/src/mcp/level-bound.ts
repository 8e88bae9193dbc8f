import { effectiveTrust, type TrustLevel } from "@permit-mcp-gateway/policies";
import type { WithGrant, WithServer, WithTerm } from "./exchange.ts";

/**
 * The most that can come of this consent, whatever Permit says: what the policy grants on this day. Of a server that a
 * human entered also the level of the consent itself, because in Permit all of them share the highest that the agent has
 * on any: a low consent to one must not use the high one to another.
 */
export function levelBound({ server, grant, term }: WithServer & WithGrant & WithTerm): TrustLevel {
  return server.enteredBy === undefined ? term.ceiling : effectiveTrust(term.ceiling, grant.level);
}
