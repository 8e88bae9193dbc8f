import type { Database } from "../adapters/database.ts";
import type { EndOccasion } from "../consent/end-grants.ts";
import type { Clock } from "../deps/process.ts";
import { digest } from "../digest.ts";
import type { AuthRecords, RefreshTokenRecord } from "./auth-records.ts";
import { claimedClientId, repeatedParameter } from "./client-credentials.ts";
import { oauthError } from "./oauth-error.ts";
import { markedRequest } from "./recorded-request.ts";

/** What the token endpoint stands on. */
export interface TokenEndpointDeps {
  readonly database: Pick<Database, "exclusively">;
  readonly records: Pick<AuthRecords, "findRefreshToken" | "findRefreshTokenOfCode">;
  /** The library's own token endpoint. */
  readonly handle: (request: Request) => Promise<Response>;
  readonly endConnection: (id: string, occasion: EndOccasion) => Promise<void>;
  readonly clock: Clock;
}

/** A token request, its form already parsed. `request` still has its body. */
export interface TokenRequest {
  /** Ours, as it was marked. */
  readonly request: Request;
  readonly form: URLSearchParams;
}

/**
 * The token endpoint (RFC 6749 section 3.2) with three rules in front of the library's:
 * equal refresh tokens are served one after the other, so that a client that sends one twice at once gets one answer;
 * a refresh token that comes back late ends its own grant, where the library would end every install of that client
 * (one metadata document is one client id for everybody); and so does a code that comes back.
 */
export async function serveToken(deps: TokenEndpointDeps, token: TokenRequest): Promise<Response> {
  const { form } = token;
  const repeated = repeatedParameter(form);
  if (repeated !== undefined) return oauthError(400, "invalid_request", `"${repeated}" was sent more than once.`);
  const refreshToken = form.get("refresh_token");
  if (form.get("grant_type") === "refresh_token" && refreshToken !== null) {
    return serveRefresh(deps, token, refreshToken);
  }
  const code = form.get("code");
  if (form.get("grant_type") === "authorization_code" && code !== null) return serveCode(deps, token, code);
  return deps.handle(token.request);
}

async function serveRefresh(deps: TokenEndpointDeps, { request, form }: TokenRequest, refreshToken: string) {
  const outcome = await deps.database.exclusively(`refresh:${digest(refreshToken)}`, async () => {
    const record = await deps.records.findRefreshToken(refreshToken);
    if (record !== undefined && isLateReplay(record, deps.clock()) && isFrom(record, request, form)) return record;
    return deps.handle(request);
  });
  if (outcome instanceof Response) return outcome;
  const occasion = { ...markedRequest(request), cause: "REFRESH_TOKEN_REPLAYED" } as const;
  return endReplayed(deps, outcome, occasion, "refresh token");
}

async function serveCode(deps: TokenEndpointDeps, { request, form }: TokenRequest, code: string) {
  const redeemed = await deps.records.findRefreshTokenOfCode(code);
  if (redeemed !== undefined && isFrom(redeemed, request, form)) {
    return endReplayed(deps, redeemed, { ...markedRequest(request), cause: "CODE_REPLAYED" }, "code");
  }
  const response = await deps.handle(request);
  if (response.status !== 401) return response;
  const body = (await response.clone().json()) as { error?: unknown };
  // The library answers a wrong PKCE verifier with 401 invalid_request; RFC 7636 section 4.6 says 400 invalid_grant.
  return body.error === "invalid_request"
    ? oauthError(400, "invalid_grant", "The code verifier does not match the code challenge.")
    : response;
}

function isLateReplay(record: RefreshTokenRecord, now: Date): boolean {
  if (record.revoked === undefined || record.revoked === null) return false;
  return !record.rotationReplayExpiresAt || record.rotationReplayExpiresAt < now;
}

/** Another client's request is the library's to refuse: it must not be able to end the grant. */
function isFrom(record: RefreshTokenRecord, request: Request, form: URLSearchParams): boolean {
  return claimedClientId(form, request.headers.get("authorization") ?? undefined) === record.clientId;
}

async function endReplayed(
  deps: TokenEndpointDeps,
  { referenceId }: RefreshTokenRecord,
  occasion: EndOccasion,
  what: string,
) {
  if (referenceId !== undefined && referenceId !== null) await deps.endConnection(referenceId, occasion);
  return oauthError(400, "invalid_grant", `This ${what} was used before. Its consent was ended; connect again.`);
}
