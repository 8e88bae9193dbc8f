import { canonicalEmail } from "@permit-mcp-gateway/policies";
import type { HostSettings } from "./deps.ts";
import { GatewayError } from "./errors.ts";

/**
 * True when the policy lets addresses of this domain in: the host's list and the method's must both have it, where
 * there is one. Exactly: a subdomain is another domain, and an empty list admits nobody.
 */
export function isAdmitted({ signIn }: Pick<HostSettings, "signIn">, email: string): boolean {
  const domain = canonicalEmail(email.slice(email.lastIndexOf("@") + 1));
  return [signIn.domains, signIn.password.domains].every((domains) => domains?.includes(domain) ?? true);
}

/**
 * Asked wherever a human or one of their agents is let in, and not at sign-in alone: a list that was narrowed holds for
 * those who are signed in already. Throws GatewayError EMAIL_DOMAIN_FORBIDDEN.
 */
export function assertAdmitted(host: Pick<HostSettings, "signIn">, email: string): void {
  if (!isAdmitted(host, email)) throw new GatewayError("EMAIL_DOMAIN_FORBIDDEN");
}
