import { dayOf, holdsOn, profileKey } from "@permit-mcp-gateway/policies";
import type { GrantTerm, ServerSettings } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";
import { labelOf } from "../server-url.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** All that the policy grants a human on a server, in the order in which it counts. */
export function grantTermsOf(server: Pick<ServerSettings, "grantTerms">, email: string): readonly GrantTerm[] {
  const terms = server.grantTerms.size === 0 ? undefined : server.grantTerms.get(profileKey(email));
  // Who is not named has what Permit says, without end.
  return terms ?? [{ ceiling: "high" }];
}

/** When a term ends, in milliseconds since the epoch: with its last day, at midnight UTC. */
export function endOfTermMs({ until }: GrantTerm): number {
  return until === undefined ? Number.POSITIVE_INFINITY : Date.parse(`${until}T00:00:00Z`) + dayMs;
}

/**
 * What the policy grants a human on a server at a moment: a bound on what Permit says, which knows of no days. A grant
 * ends without anybody writing to Permit. Throws GatewayError GRANT_ENDED.
 */
export function grantTermAt(server: ServerSettings, email: string, now: Date): GrantTerm {
  const terms = grantTermsOf(server, email);
  const term = terms.find(({ until }) => holdsOn({ until }, dayOf(now)));
  if (term !== undefined) return term;
  throw new GatewayError("GRANT_ENDED", {
    sentence: `What the policy granted you on "${labelOf(server)}" ended with ${terms.at(-1)?.until} (UTC). Ask an admin to extend it.`,
  });
}
