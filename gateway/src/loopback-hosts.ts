/** Names of this machine as they stand in a URL (RFC 8252 section 7.3; `localhost` because clients in the field use it). */
export const loopbackHosts: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);
