import { decodeJwt } from "jose";
import { aliveGrants } from "../consent/grant-life.ts";
import type { GrantStore } from "../deps/grants.ts";
import type { HumanDirectory } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";
import { GatewayError } from "../errors.ts";
import type { AuthRecords } from "./auth-records.ts";
import { claimedClientId } from "./client-credentials.ts";
import type { TokenRequest } from "./token-endpoint.ts";
import { probeOf, tokenAskedAbout } from "./token-probe.ts";
import type { AccessTokenReader } from "./token-verifier.ts";

/** What the introspection endpoint stands on. */
export interface IntrospectionEndpointDeps {
  readonly records: Pick<AuthRecords, "findRefreshToken">;
  readonly tokens: Pick<AccessTokenReader, "readToken">;
  readonly grants: Pick<GrantStore, "ofConnection">;
  readonly directory: HumanDirectory;
  readonly clock: Clock;
  /** The library's own introspection endpoint. */
  readonly handle: (request: Request) => Promise<Response>;
}

interface Introspected {
  readonly connectionId: string;
  readonly clientId: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * The introspection endpoint (RFC 7662), for clients that prove themselves with a secret, and of their own tokens only:
 * anything else is `{"active":false}` (section 2.2), so that nobody learns of others' tokens. Ours and not the library's,
 * which does not know that a consent behind a token can end. The library authenticates the client, by a token that does
 * not exist.
 */
export async function serveIntrospection(
  deps: IntrospectionEndpointDeps,
  { request, form }: TokenRequest,
): Promise<Response> {
  const token = tokenAskedAbout(form);
  if (token instanceof Response) return token;
  const authenticated = await deps.handle(probeOf(request, form));
  if (!authenticated.ok) return authenticated;

  const found = (await readRefreshToken(deps, token)) ?? (await readAccessToken(deps, token));
  const clientId = claimedClientId(form, request.headers.get("authorization") ?? undefined);
  const active = found !== undefined && found.clientId === clientId && (await isAlive(deps, found.connectionId));
  const answer = active ? { active, client_id: found.clientId, ...found.claims } : { active };
  return Response.json(answer, { headers: { "cache-control": "no-store" } });
}

async function readRefreshToken({ records, clock }: IntrospectionEndpointDeps, token: string) {
  const record = await records.findRefreshToken(token);
  const { clientId, referenceId, expiresAt, revoked } = record ?? {};
  if (clientId === undefined || !referenceId || !expiresAt || revoked || expiresAt <= clock()) return undefined;
  const found: Introspected = {
    connectionId: referenceId,
    clientId,
    claims: { exp: Math.floor(expiresAt.getTime() / 1000) },
  };
  return found;
}

async function readAccessToken(
  { tokens }: IntrospectionEndpointDeps,
  token: string,
): Promise<Introspected | undefined> {
  try {
    const { connectionId, clientId } = await tokens.readToken(token);
    // Verified just now.
    const { iss, sub, aud, exp, iat, jti, scope } = decodeJwt(token);
    return { connectionId, clientId, claims: { token_type: "Bearer", iss, sub, aud, exp, iat, jti, scope } };
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

async function isAlive(
  { grants, directory, clock }: IntrospectionEndpointDeps,
  connectionId: string,
): Promise<boolean> {
  const all = await grants.ofConnection(connectionId);
  const [first] = all;
  return first !== undefined && aliveGrants(all, await directory.settingsOf(first.userId), clock()).length > 0;
}
