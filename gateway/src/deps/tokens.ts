/** What is signed and verified. */
import type { JSONWebKeySet, JWTPayload } from "jose";

/** Signs what others can check without asking the gateway: one key for all replicas, public at `/.well-known/gateway-jwks.json`. */
export interface SigningKeys {
  /** A compact JWS (RFC 7515) with these claims, signed by EdDSA. `typ` keeps one kind from passing for another (RFC 8725 section 3.11). */
  sign(claims: JWTPayload, typ: string): Promise<string>;
  /** Every key that ever signed, the newest first: a receipt is checked years later. */
  publicKeys(): Promise<JSONWebKeySet>;
}

/** What upstreams can tell the gateway's requests by, and the human behind them: the header `X-Gateway-Auth`. */
export interface GatewayAssertions {
  /** A JWT (RFC 7519) that says for which human the gateway calls the upstream of this URL. */
  assert(email: string, upstreamUrl: string): Promise<string>;
}

/** Permission receipts, one for each consent given or lowered. */
export interface ReceiptStore {
  add(receipt: { readonly id: string; readonly grantId: string; readonly jws: string }): Promise<void>;
  /** The newest of a grant, as compact JWS. Undefined for a consent from before there were receipts. */
  newestOf(grantId: string): Promise<string | undefined>;
}

/** The result of checking an access token's signature, issuer, audience and times (RFC 9068). Says nothing of revocation. */
export interface VerifiedToken {
  /** `connectionId` of the grants that it was issued for. */
  readonly connectionId: string;
  readonly userId: string;
  readonly clientId: string;
}

/** The authorization server as the MCP path sees it. */
export interface TokenVerifier {
  /**
   * Verifies an access token for the resource `{publicUrl}/mcp/{server}`, or without a server `{publicUrl}/mcp`. Throws
   * GatewayError TOKEN_INVALID, and SCOPE_MISSING for a token that was issued for something else than calls.
   */
  verifyToken(token: string, server: string | undefined): Promise<VerifiedToken>;
}
