import { GatewayError } from "../../errors.ts";
import { mcpPath } from "../../oauth/resource-identifier.ts";
import type { Exchange, McpDeps, WithGrant, WithToken } from "../exchange.ts";

/**
 * The stored consent that the token was issued under. Token and consent must name the same account, client and address:
 * a token is never worth more than the consent behind it.
 */
export async function loadGrant({ token, serverKey }: Exchange & WithToken, { grants }: McpDeps): Promise<WithGrant> {
  const grant = await grants.find(token.grantId).catch((cause: unknown) => {
    throw new GatewayError("STORE_UNAVAILABLE", { detail: "The consent could not be read.", cause });
  });
  if (grant === undefined) throw new GatewayError("GRANT_REVOKED", { detail: "The consent is not stored." });
  const isForAddress = grant.resource === mcpPath(serverKey) && grant.server === (serverKey ?? grant.server);
  if (grant.userId !== token.userId || grant.clientId !== token.clientId || !isForAddress) {
    throw new GatewayError("TOKEN_INVALID", { detail: `Token and consent ${grant.id} do not agree.` });
  }
  return { grant };
}
