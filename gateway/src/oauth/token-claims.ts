import { APIError } from "better-auth/api";
import { aliveGrants } from "../consent/grant-life.ts";
import type { GrantStore } from "../deps/grants.ts";
import type { HumanDirectory } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";
import { isAdmitted } from "../sign-in-domains.ts";
import { isClientAdmitted } from "./client-admission.ts";

/** What the library knows when it is about to sign an access token. */
interface TokenContext {
  readonly user?: { readonly id: string } | null;
  /** `connectionId` of our grants: bound to the code when consent was completed, and to the refresh token since. */
  readonly referenceId?: string;
  readonly resources?: readonly string[];
}

/**
 * Our claims of an access token. Refuses to sign (`invalid_grant`) unless a grant of the connection is active, the user's own,
 * and for exactly the resource asked for: a revocation that races a refresh is caught here, whatever the token rows say.
 */
export function createTokenClaims({
  publicUrl,
  hostKey,
  grants,
  directory,
  clock,
}: {
  readonly publicUrl: string;
  readonly hostKey: string;
  readonly grants: GrantStore;
  readonly directory: HumanDirectory;
  readonly clock: Clock;
}) {
  return async ({ user, referenceId, resources }: TokenContext) => {
    const connection = referenceId === undefined ? [] : await grants.ofConnection(referenceId);
    const host = user == null ? directory.settings() : await directory.settingsOf(user.id);
    const [grant] = aliveGrants(connection, host, clock());
    if (
      grant === undefined ||
      grant.userId !== user?.id ||
      !isAdmitted(host, grant.email) ||
      !isClientAdmitted(host, grant.clientId) ||
      resources?.length !== 1 ||
      resources[0] !== `${publicUrl}${grant.resource}`
    ) {
      throw new APIError("BAD_REQUEST", {
        error: "invalid_grant",
        error_description: "The consent behind this grant has ended. Ask the human to connect again.",
      });
    }
    return { gw_host: hostKey, gw_grant: grant.connectionId };
  };
}
