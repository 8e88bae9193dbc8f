import { reaches, type TrustLevel } from "@permit-mcp-gateway/policies";
import type { RecordedRequest } from "../deps/audit-records.ts";
import type { Grant } from "../deps/grants.ts";
import { GatewayError } from "../errors.ts";
import type { ConsentTerms } from "./consent-log.ts";
import { agentLock, type EndGrantsDeps, sameAgent } from "./end-grants.ts";

/**
 * Takes an agent down to `level` on a server, in all installs of its client, from its next call on. Down only: for more
 * the human has to see what the client asks for, so the client has to ask. Permit comes first, whose decision it is, then
 * the database and a receipt for each install. Throws GatewayError GRANT_UNKNOWN, LEVEL_NOT_LOWER, PERMIT_UNAVAILABLE or
 * AUDIT_UNAVAILABLE.
 */
export async function lowerConsent(
  deps: EndGrantsDeps,
  {
    grant,
    level,
    terms,
    request,
  }: {
    readonly grant: Grant;
    readonly level: TrustLevel;
    readonly terms: ConsentTerms;
    readonly request: RecordedRequest;
  },
): Promise<void> {
  await deps.database.exclusively(agentLock(grant), async () => {
    // Read under the lock: two requests at once must not end at the higher of their levels.
    const installs = (await deps.grants.listActive(grant.userId)).filter((other) => sameAgent(other, grant));
    const now = installs.find(({ id }) => id === grant.id);
    if (now === undefined) throw new GatewayError("GRANT_UNKNOWN");
    if (reaches(level, now.level)) throw new GatewayError("LEVEL_NOT_LOWER");
    await deps.facts.give(now, now.server, level);
    await deps.grants.setLevel(
      installs.map(({ id }) => id),
      level,
    );
    for (const install of installs) {
      await deps.consentLog.granted(request, "consent_lowered", { ...install, level }, terms);
    }
  });
}
