/** What holds of consents at this moment, for whoever has waited since they were read. */
import type { Grant } from "../deps/grants.ts";
import type { HostSettings } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";
import type { McpDeps, WithGrant, WithHost, WithServer, WithTerm } from "./exchange.ts";
import { withOwnServers } from "./own-servers.ts";
import { assertAlive } from "./steps/check-grant.ts";
import { assertServed } from "./steps/check-policy.ts";
import { resolveServer } from "./steps/resolve-server.ts";

/** A consent that holds, on a server whose policy still grants its human something. */
export type Standing = WithServer & WithGrant & WithTerm;

/** The consents of a connection and the policy, as they are now. Throws GatewayError STORE_UNAVAILABLE or POLICY_UNAVAILABLE. */
export async function readConsents(
  connectionId: string,
  deps: Pick<McpDeps, "grants" | "directory">,
): Promise<WithHost & { readonly grants: readonly Grant[] }> {
  const grants = await deps.grants.ofConnection(connectionId).catch((cause: unknown) => {
    throw new GatewayError("STORE_UNAVAILABLE", { detail: "The consent could not be read again.", cause });
  });
  return { grants, host: await withOwnServers(deps.directory.settings(), grants, deps) };
}

/** Throws the GatewayError that says why the consent does not hold: that of `resolveServer`, `assertAlive` or `assertServed`. */
export function standing(host: HostSettings, grant: Grant | undefined, now: Date): Standing {
  if (grant === undefined) throw new GatewayError("GRANT_REVOKED", { detail: "The consent is not stored any more." });
  const { server } = resolveServer({ host, grant });
  assertAlive(grant, { host, server }, now);
  return { host, server, grant, term: assertServed(host, server, grant, now) };
}
