import { GatewayError } from "../../errors.ts";
import type { Exchange, McpDeps, WithToken } from "../exchange.ts";

// RFC 6750 section 2.1; the scheme is matched without regard to case (RFC 9110 section 11.1).
const bearer = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** The request carries an access token made for this address (RFC 8707). Tokens in the query are not looked at (RFC 9700). */
export async function authenticate(
  { headers: { authorization }, serverKey }: Exchange,
  { tokens }: McpDeps,
): Promise<WithToken> {
  if (authorization === undefined) throw new GatewayError("TOKEN_MISSING");
  const token = bearer.exec(authorization)?.[1];
  if (token === undefined) throw new GatewayError("TOKEN_INVALID");
  try {
    return { token: await tokens.verifyToken(token, serverKey) };
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError("STORE_UNAVAILABLE", { detail: "The token could not be verified.", cause: error });
  }
}
