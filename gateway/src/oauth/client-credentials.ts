import { decodeJwt } from "jose";

/**
 * The client a form post says it comes from: HTTP Basic (RFC 6749 section 2.3.1), `client_id`, or the subject of a
 * client assertion (RFC 7523 section 3). Not authenticated.
 */
export function claimedClientId(form: URLSearchParams, authorization: string | undefined): string | undefined {
  const encoded = authorization === undefined ? undefined : /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return form.get("client_id") ?? assertionSubject(form.get("client_assertion"));
  const [user = ""] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  try {
    return decodeURIComponent(user.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

function assertionSubject(assertion: string | null): string | undefined {
  if (assertion === null) return undefined;
  try {
    return decodeJwt(assertion).sub;
  } catch {
    return undefined;
  }
}

/** The first parameter sent twice. None may be (RFC 6749 section 3.2), but for `resource` (RFC 8707 section 2). */
export function repeatedParameter(form: URLSearchParams): string | undefined {
  const seen = new Set<string>();
  for (const name of form.keys()) {
    if (name !== "resource" && seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
