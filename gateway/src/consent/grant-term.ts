import { dayOf, holdsOn, profileKey } from "@permit-mcp-gateway/policies";
import type { GrantTerm, ServerSettings } from "../deps.ts";
import { GatewayError } from "../errors.ts";

/**
 * What the policy grants a human on a server at a moment: a bound on what Permit says, which knows of no days. A grant
 * ends at midnight UTC without anybody writing to Permit. Throws GatewayError GRANT_ENDED.
 */
export function grantTermAt(server: ServerSettings, email: string, now: Date): GrantTerm {
  const terms = server.grantTerms.get(profileKey(email));
  if (terms === undefined) return { ceiling: "high" };
  const term = terms.find(({ until }) => holdsOn({ until }, dayOf(now)));
  if (term !== undefined) return term;
  throw new GatewayError("GRANT_ENDED", {
    sentence: `What the policy granted you on "${server.key}" ended with ${terms.at(-1)?.until} (UTC). Ask an admin to extend it.`,
  });
}
