import { canonicalEmail, type SignInMethod, signInMethods } from "@permit-mcp-gateway/policies";
import type { HostSettings } from "./deps/host-settings.ts";
import { GatewayError } from "./errors.ts";

/** The part of a host's settings that says who may sign in, and how. */
type SignInSettings = Pick<HostSettings, "signIn">;

/** True when the policy has the method on. */
export function isOn({ signIn }: SignInSettings, method: SignInMethod): boolean {
  return signIn[method]?.enabled === true;
}

/**
 * True when the policy lets addresses of this domain sign in by this method: the host's list and the method's must both
 * have it, where there is one. Exactly: a subdomain is another domain, and an empty list admits nobody.
 */
function admits({ signIn }: SignInSettings, method: SignInMethod, email: string): boolean {
  const domain = canonicalEmail(email.slice(email.lastIndexOf("@") + 1));
  return [signIn.domains, signIn[method]?.domains].every((domains) => domains?.includes(domain) ?? true);
}

/**
 * Asked at the door of a method, when it makes a session, and whenever that session is used. Throws GatewayError
 * SIGN_IN_METHOD_OFF or EMAIL_DOMAIN_FORBIDDEN.
 */
export function assertMayUse(host: SignInSettings, method: SignInMethod, email: string): void {
  if (!isOn(host, method)) throw new GatewayError("SIGN_IN_METHOD_OFF");
  if (!admits(host, method, email)) throw new GatewayError("EMAIL_DOMAIN_FORBIDDEN");
}

/** True when the human could sign in today by some method that is on. */
export function isAdmitted(host: SignInSettings, email: string): boolean {
  return signInMethods.some((method) => isOn(host, method) && admits(host, method, email));
}

/**
 * Asked wherever a human or one of their agents is let in, and not at sign-in alone: a list that was narrowed holds for
 * those who are signed in already. Throws GatewayError EMAIL_DOMAIN_FORBIDDEN.
 */
export function assertAdmitted(host: SignInSettings, email: string): void {
  if (!isAdmitted(host, email)) throw new GatewayError("EMAIL_DOMAIN_FORBIDDEN");
}
