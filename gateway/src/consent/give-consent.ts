import { randomUUID } from "node:crypto";
import type { TrustLevel } from "@permit-mcp-gateway/policies";
import type { AgentIdentity, Grant } from "../deps.ts";
import { GatewayError } from "../errors.ts";
import type { ConsentTerms } from "./consent-log.ts";
import { agentLock, type EndGrantsDeps, endGrantsLocked } from "./end-grants.ts";

/** A consent that passed every check. */
export interface CheckedConsent {
  readonly agent: AgentIdentity;
  readonly userId: string;
  /** Path of the resource that the client asked for. */
  readonly resource: string;
  /** What the policy says of the server now. */
  readonly terms: ConsentTerms;
  readonly level: TrustLevel;
  readonly expiresAt: Date;
  readonly requestId: string;
}

type GiveConsentDeps = EndGrantsDeps & { readonly issueCode: (grantId: string) => Promise<string | undefined> };

/**
 * Puts a consent into effect and returns the URL that takes the code to the client. First Permit, until decisions see
 * it, so that the first call is not denied by lag; then the grant; then the code, bound to the grant. When no code comes
 * of it, the grant is ended again. Throws GatewayError PERMIT_UNAVAILABLE or CONSENT_REQUEST_INVALID.
 */
export async function giveConsent(deps: GiveConsentDeps, consent: CheckedConsent): Promise<string> {
  const { agent, userId, resource, level, expiresAt } = consent;
  const server = consent.terms.server.key;
  const lock = agentLock({ userId, clientId: agent.clientId, server });
  return deps.database.exclusively(lock, async () => {
    await deps.facts.give(agent, server, level);
    const grant = await deps.grants.create({ id: randomUUID(), userId, resource, server, level, expiresAt, ...agent });
    const redirect = await issueCodeOrEnd(deps, grant, consent);
    if (redirect === undefined) throw new GatewayError("CONSENT_REQUEST_INVALID");
    return redirect;
  });
}

async function issueCodeOrEnd(deps: GiveConsentDeps, grant: Grant, { requestId, terms }: CheckedConsent) {
  let redirect: string | undefined;
  try {
    await deps.consentLog.granted(requestId, "consent", grant, terms);
    redirect = await deps.issueCode(grant.id);
    return redirect;
  } finally {
    if (redirect === undefined) await endGrantsLocked(deps, [grant], { requestId, cause: "CODE_NOT_ISSUED" });
  }
}
