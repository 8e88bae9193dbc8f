import { grantTermAt } from "../../consent/grant-term.ts";
import type { Grant } from "../../deps/grants.ts";
import type { GrantTerm, HostSettings, ServerSettings } from "../../deps/host-settings.ts";
import { assertSupported } from "../../features.ts";
import { assertClientAdmitted } from "../../oauth/client-admission.ts";
import { assertServerUrl, labelOf } from "../../server-url.ts";
import { assertAdmitted } from "../../sign-in-domains.ts";
import type { McpDeps, WithGrant, WithServer, WithTerm } from "../exchange.ts";

/**
 * The policy is one that this gateway can enforce, lets human and client in, and still grants them something here. Throws
 * GatewayError POLICY_UNSUPPORTED, EMAIL_DOMAIN_FORBIDDEN, CLIENT_NOT_ADMITTED, SERVER_URL_REFUSED or GRANT_ENDED.
 */
export function assertServed(host: HostSettings, server: ServerSettings, grant: Grant, now: Date): GrantTerm {
  assertSupported("The policy of this host", host);
  assertAdmitted(host, grant.email);
  assertClientAdmitted(host, grant.clientId);
  assertSupported(`The policy of "${labelOf(server)}"`, server);
  if (server.enteredBy !== undefined) assertServerUrl(new URL(server.upstreamUrl), host);
  return grantTermAt(server, grant.email, now);
}

/** Asked on every request, whatever its method: without a grant of the policy nothing of the server can be used. */
export function checkPolicy({ host, server, grant }: WithServer & WithGrant, { clock }: McpDeps): WithTerm {
  return { term: assertServed(host, server, grant, clock()) };
}
