import { isMetadataDocumentUrl, type ListedClient } from "@permit-mcp-gateway/policies";
import type { HostDirectory } from "../deps/host-settings.ts";
import type { Secrets } from "../deps/secrets.ts";
import { digest } from "../digest.ts";
import type { AuthRecords, ListedClientRow } from "./auth-records.ts";
import { scopes } from "./token-format.ts";

/** Keeps the rows of the clients that the policy lists as the policy says. */
export interface ListedClients {
  /**
   * Brings one client's row in step: made or changed when the policy lists it, disabled when it does so no more. Before
   * each request that names a client, so that a change of the policy or of a secret needs no restart, on any replica.
   * Throws GatewayError SECRET_UNAVAILABLE when the client has a secret that can't be read.
   */
  ensure(clientId: string): Promise<void>;
}

export function createListedClients({
  directory,
  records,
  secrets,
  exclusively,
}: {
  readonly directory: HostDirectory;
  readonly records: Pick<AuthRecords, "findListedClient" | "putListedClient" | "disableListedClient">;
  readonly secrets: Secrets;
  /** Keeps replicas from making the same row at once. */
  readonly exclusively: (run: () => Promise<void>) => Promise<void>;
}): ListedClients {
  return {
    ensure: async (clientId) => {
      const listed = directory.settings().clients.listed.find(({ id }) => id === clientId);
      // Of a metadata document the library makes and renews the row.
      const wanted = listed === undefined || isMetadataDocumentUrl(clientId) ? undefined : await rowOf(listed, secrets);
      const stored = await records.findListedClient(clientId);
      if (wanted === undefined) {
        if (stored?.disabled === false) await records.disableListedClient(clientId);
        return;
      }
      if (stored !== undefined && isSame(stored, wanted)) return;
      await exclusively(() => records.putListedClient(wanted));
    },
  };
}

async function rowOf(client: ListedClient, secrets: Secrets): Promise<ListedClientRow> {
  const { id, name = id, redirectUris = [], secret, tokenEndpointAuthMethod = "client_secret_basic" } = client;
  return {
    clientId: id,
    name,
    redirectUris,
    clientSecret: secret === undefined ? null : digest(await secrets.read(secret.secret)),
    tokenEndpointAuthMethod: secret === undefined ? "none" : tokenEndpointAuthMethod,
    scopes: [...scopes],
    grantTypes: ["authorization_code", "refresh_token"],
    responseTypes: ["code"],
    requirePKCE: true,
    disabled: false,
  };
}

function isSame(stored: ListedClientRow, wanted: ListedClientRow): boolean {
  const fields = Object.keys(wanted) as (keyof ListedClientRow)[];
  return fields.every((field) => JSON.stringify(stored[field]) === JSON.stringify(wanted[field]));
}
