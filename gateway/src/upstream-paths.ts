/** Addresses of the gateway that have to do with signing in at upstream servers. */

/** The page where a signed-in human connects to a server again. */
export function connectPath(server: string): string {
  return `/connect/${server}`;
}

/**
 * Where an upstream's authorization server sends the browser back. One for each server: an answer that another server's
 * authorization server gave then arrives at an address that does not fit its state (mix-up, RFC 9700 section 4.4).
 */
export function callbackPath(server: string): string {
  return `${connectPath(server)}/callback`;
}

/** The gateway's Client ID Metadata Document for a server. */
export function clientDocumentPath(server: string): string {
  return `/.well-known/oauth-client/${server}`;
}
