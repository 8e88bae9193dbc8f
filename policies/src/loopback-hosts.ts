/** Names of this machine as they stand in a URL (RFC 8252 section 7.3; `localhost` because clients in the field use it). */
export const loopbackHosts: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The same with `*.localhost`, which browsers resolve to this machine without asking anybody (RFC 6761 section 6.3). */
export function isLoopbackName(hostname: string): boolean {
  return loopbackHosts.has(hostname) || hostname.endsWith(".localhost");
}
