import { GatewayError } from "../../errors.ts";
import type { McpDeps, WithGrant, WithServer, WithToken } from "../exchange.ts";

/**
 * The stored consent that the token was issued under. Token and consent must name the same account, client and server:
 * a token is never worth more than the consent behind it.
 */
export async function loadGrant({ token, server }: WithToken & WithServer, { grants }: McpDeps): Promise<WithGrant> {
  const grant = await grants.find(token.grantId).catch((cause: unknown) => {
    throw new GatewayError("STORE_UNAVAILABLE", { detail: "The consent could not be read.", cause });
  });
  if (grant === undefined) throw new GatewayError("GRANT_REVOKED", { detail: "The consent is not stored." });
  if (grant.userId !== token.userId || grant.clientId !== token.clientId || grant.server !== server.key) {
    throw new GatewayError("TOKEN_INVALID", { detail: `Token and consent ${grant.id} do not agree.` });
  }
  return { grant };
}
