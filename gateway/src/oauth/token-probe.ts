import { randomBytes } from "node:crypto";
import { repeatedParameter } from "./client-credentials.ts";
import { oauthError } from "./oauth-error.ts";
import { refreshTokenPrefix } from "./token-format.ts";

/** A request about one token (RFC 7009 section 2.1, RFC 7662 section 2.1): the token, or the answer when it is no such request. */
export function tokenAskedAbout(form: URLSearchParams): string | Response {
  const repeated = repeatedParameter(form);
  if (repeated !== undefined) return oauthError(400, "invalid_request", `"${repeated}" was sent more than once.`);
  return form.get("token") || oauthError(400, "invalid_request", `"token" is missing.`);
}

/**
 * The same request about a token that does not exist. The library gets it in place of the client's own: what it answers says
 * whether the client is who it claims to be, and it can do nothing to a token.
 */
export function probeOf(request: Request, form: URLSearchParams): Request {
  const probe = new URLSearchParams(form);
  probe.set("token", `${refreshTokenPrefix}${randomBytes(24).toString("hex")}`);
  probe.set("token_type_hint", "refresh_token");
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  return new Request(request.url, { method: "POST", headers, body: probe.toString() });
}
