/** Starts every refresh token, so that secret scanners and humans can tell what leaked. */
export const refreshTokenPrefix = "gwrt_";
/** Starts every opaque access token. None is ever accepted; see `token-claims.ts`. */
export const opaqueTokenPrefix = "gwat_";

/** Life of an access token in seconds. Revocation doesn't wait for it: the grant is read on every request. */
export const accessTokenSeconds = 600;
/** Life of an unused refresh token in seconds: the 30 idle days of a session. */
export const refreshTokenSeconds = 30 * 24 * 60 * 60;
/** For so many seconds a rotated refresh token gets the same answer again: clients retry when an answer got lost. */
export const refreshReuseSeconds = 30;

/** The scope without which a token is good for nothing on the MCP path. */
export const mcpScope = "mcp";
/**
 * Scopes of this authorization server. No `openid`: nothing here needs an ID token, and without it no client learns
 * more of a human than that they consented.
 */
export const scopes = [mcpScope, "offline_access"] as const;
