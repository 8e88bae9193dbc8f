import { GatewayError } from "../../errors.ts";
import { mcpPath } from "../../oauth/resource-identifier.ts";
import type { Exchange, McpDeps, WithGrants, WithHost, WithToken } from "../exchange.ts";
import { withOwnServers } from "../own-servers.ts";

/**
 * The stored consents that the token was issued under: one, or at `/mcp` one for each server that the human gave. Token and
 * consents must name the same account, client and address: a token is never worth more than the consent behind it.
 */
export async function loadGrants(
  { token, serverKey, host }: Exchange & WithToken & WithHost,
  deps: McpDeps,
): Promise<WithGrants & WithHost> {
  const [first, ...rest] = await deps.grants.ofConnection(token.connectionId).catch((cause: unknown) => {
    throw new GatewayError("STORE_UNAVAILABLE", { detail: "The consent could not be read.", cause });
  });
  if (first === undefined) throw new GatewayError("GRANT_REVOKED", { detail: "The consent is not stored." });
  for (const grant of [first, ...rest]) {
    const isForAddress = grant.resource === mcpPath(serverKey) && grant.server === (serverKey ?? grant.server);
    if (grant.userId !== token.userId || grant.clientId !== token.clientId || !isForAddress) {
      throw new GatewayError("TOKEN_INVALID", { detail: `Token and consent ${grant.id} do not agree.` });
    }
  }
  const grants = [first, ...rest] as const;
  return { grants, host: await withOwnServers(host, grants, deps) };
}
