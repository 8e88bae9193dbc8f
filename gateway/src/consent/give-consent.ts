import { randomUUID } from "node:crypto";
import type { TrustLevel } from "@permit-mcp-gateway/policies";
import type { RecordedRequest } from "../deps/audit-records.ts";
import type { AgentIdentity } from "../deps/grants.ts";
import { GatewayError } from "../errors.ts";
import type { ConsentTerms } from "./consent-log.ts";
import { agentLock, type EndGrantsDeps, endConnection } from "./end-grants.ts";

/** One server of a consent that passed every check. */
export interface ConsentedServer {
  /** What the policy says of the server now. */
  readonly terms: ConsentTerms;
  readonly level: TrustLevel;
  readonly expiresAt: Date;
}

/** A consent that passed every check. */
export interface CheckedConsent {
  readonly agent: AgentIdentity;
  readonly userId: string;
  /** Path of the resource that the client asked for. */
  readonly resource: string;
  /** Each server once. */
  readonly servers: readonly ConsentedServer[];
  readonly request: RecordedRequest;
}

type GiveConsentDeps = EndGrantsDeps & { readonly issueCode: (connectionId: string) => Promise<string | undefined> };

/**
 * Puts a consent into effect and returns the URL that takes the code to the client. For each server first Permit, until
 * decisions see it, so that the first call is not denied by lag, then the grant; then one code, bound to all of them. It
 * is all or nothing: when no code comes of it, every grant is ended again. Throws GatewayError PERMIT_UNAVAILABLE,
 * AUDIT_UNAVAILABLE or CONSENT_REQUEST_INVALID.
 */
export async function giveConsent(deps: GiveConsentDeps, consent: CheckedConsent): Promise<string> {
  const { request } = consent;
  const connectionId = randomUUID();
  let redirect: string | undefined;
  try {
    for (const [index, server] of consent.servers.entries()) {
      await giveServer(deps, consent, server, { id: index === 0 ? connectionId : randomUUID(), connectionId });
    }
    redirect = await deps.issueCode(connectionId);
  } finally {
    if (redirect === undefined) await endConnection(deps, connectionId, { ...request, cause: "CODE_NOT_ISSUED" });
  }
  if (redirect === undefined) throw new GatewayError("CONSENT_REQUEST_INVALID");
  return redirect;
}

async function giveServer(
  deps: GiveConsentDeps,
  { agent, userId, resource, request }: CheckedConsent,
  { terms, level, expiresAt }: ConsentedServer,
  ids: { readonly id: string; readonly connectionId: string },
): Promise<void> {
  const server = terms.server.key;
  // One lock at a time: whoever held several would wait for those of somebody who chose the same servers.
  await deps.database.exclusively(agentLock({ userId, clientId: agent.clientId, server }), async () => {
    await deps.facts.give(agent, server, level);
    const grant = await deps.grants.create({ ...ids, userId, resource, server, level, expiresAt, ...agent });
    await deps.consentLog.granted(request, "consent", grant, terms);
  });
}
