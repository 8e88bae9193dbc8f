import { redirectUriKind } from "@permit-mcp-gateway/policies";
import { scopes } from "./token-format.ts";

/** What to hand to the library for a registration request (RFC 7591), and what to correct afterwards. */
export type RegistrationPlan =
  | {
      readonly ok: true;
      readonly body: unknown;
      /** Set when the library would refuse some of the redirect URIs: write these to the client it has made. */
      readonly redirectUris?: readonly string[];
    }
  | { readonly ok: false; readonly error: string; readonly description: string };

/** Nothing ever listens there; it only takes the place of redirect URIs that the library does not know. */
const placeholderRedirectUri = "http://127.0.0.1/";
const redirectUrisMax = 20;
const supportedGrantTypes = ["authorization_code", "refresh_token"];

/**
 * Real MCP clients leave out `application_type` with a loopback redirect, use schemes such as `cursor:`, and list grant
 * types and scopes we don't have. The library refuses all of these; a server may replace what it doesn't support (RFC
 * 7591 section 3.2.1). What is dangerous stays refused.
 */
export function planRegistration(body: unknown): RegistrationPlan {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return { ok: true, body };
  const metadata = body as Record<string, unknown>;
  const { redirect_uris: redirectUris } = metadata;
  if (!Array.isArray(redirectUris) || redirectUris.length === 0) return { ok: true, body };
  const uris = redirectUris.filter((uri) => typeof uri === "string");
  const kinds = uris.map(redirectUriKind);
  if (uris.length < redirectUris.length || uris.length > redirectUrisMax || kinds.includes("forbidden")) {
    return {
      ok: false,
      error: "invalid_redirect_uri",
      description:
        "Redirect URIs must be https, http on localhost, or an application's own scheme, without fragment or credentials.",
    };
  }
  const replaced = replaceUnsupported({
    ...metadata,
    application_type: metadata.application_type ?? (kinds.every((kind) => kind === "https") ? "web" : "native"),
  });
  if (!kinds.includes("private-scheme")) return { ok: true, body: replaced };
  const known = uris.filter((_, index) => kinds[index] !== "private-scheme");
  return {
    ok: true,
    body: {
      ...replaced,
      application_type: "native",
      redirect_uris: known.length === 0 ? [placeholderRedirectUri] : known,
    },
    redirectUris: uris,
  };
}

function replaceUnsupported(metadata: Record<string, unknown>): Record<string, unknown> {
  const { scope, grant_types: grantTypes, ...rest } = metadata;
  const known = typeof scope === "string" ? scope.split(" ").filter((name) => scopes.some((s) => s === name)) : [];
  const types = Array.isArray(grantTypes)
    ? grantTypes.filter((type) => supportedGrantTypes.includes(String(type)))
    : [];
  return {
    ...rest,
    ...(known.length > 0 ? { scope: known.join(" ") } : {}),
    // Without the code grant there is nothing left to register; the library says so.
    ...(types.includes("authorization_code") ? { grant_types: types } : { grant_types: grantTypes }),
  };
}
