import type { EndOccasion } from "../consent/end-grants.ts";
import { GatewayError } from "../errors.ts";
import type { AuthRecords } from "./auth-records.ts";
import { claimedClientId } from "./client-credentials.ts";
import { markedRequest } from "./recorded-request.ts";
import type { TokenRequest } from "./token-endpoint.ts";
import { probeOf, tokenAskedAbout } from "./token-probe.ts";
import type { AccessTokenReader } from "./token-verifier.ts";

/** What the revocation endpoint stands on. */
export interface RevocationEndpointDeps {
  readonly records: Pick<AuthRecords, "findRefreshToken">;
  readonly tokens: Pick<AccessTokenReader, "readToken">;
  /** The library's own revocation endpoint. */
  readonly handle: (request: Request) => Promise<Response>;
  readonly endConnection: (id: string, occasion: EndOccasion) => Promise<void>;
}

/**
 * The revocation endpoint (RFC 7009). Either token of a grant ends the grant, access tokens included: they can't be
 * recalled one by one, but every request reads the grant. Unknown tokens and other clients' tokens are 200 (section
 * 2.2), so that nothing is learned of them.
 *
 * The library only gets to authenticate the client, with a token that does not exist: given a used refresh token it
 * would delete the tokens of every install of that client.
 */
export async function serveRevocation(
  deps: RevocationEndpointDeps,
  { request, form }: TokenRequest,
): Promise<Response> {
  const token = tokenAskedAbout(form);
  if (token instanceof Response) return token;
  const authenticated = await deps.handle(probeOf(request, form));
  const refusal = (await authenticated
    .clone()
    .json()
    .catch(() => null)) as { error?: unknown } | null;
  // "invalid_request: token not found" is what an authenticated client gets for the probe.
  const isAuthenticated = authenticated.ok || (authenticated.status === 400 && refusal?.error === "invalid_request");
  if (!isAuthenticated) return authenticated;

  const clientId = claimedClientId(form, request.headers.get("authorization") ?? undefined);
  const connectionId = await connectionOf(deps, token, clientId);
  if (connectionId !== undefined)
    await deps.endConnection(connectionId, { ...markedRequest(request), cause: "REVOKED_BY_CLIENT" });
  return new Response(null, { status: 200, headers: { "cache-control": "no-store" } });
}

async function connectionOf(deps: RevocationEndpointDeps, token: string, clientId: string | undefined) {
  const record = await deps.records.findRefreshToken(token);
  if (record !== undefined) return record.clientId === clientId ? (record.referenceId ?? undefined) : undefined;
  try {
    const access = await deps.tokens.readToken(token);
    return access.clientId === clientId ? access.connectionId : undefined;
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}
