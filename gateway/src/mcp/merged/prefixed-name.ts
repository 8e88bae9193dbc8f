/** Names of tools and prompts where one address leads to several servers: `{server}__{name}`. Pure. */

const separator = "__";

/**
 * The part before the separator: the server's key, written so that it has no `__` in it and no `_` at its end. Keys that
 * have, or that look like one rewritten, have a `-` after each `_`. So the first `__` of a name is where the key ends,
 * whatever the tools and the other servers are called: no server can take another's names.
 */
export function prefixOf(serverKey: string): string {
  return /__|_-|_$/.test(serverKey) ? serverKey.replaceAll("_", "_-") : serverKey;
}

/** The name that clients see. */
export function withPrefix(serverKey: string, name: string): string {
  return `${prefixOf(serverKey)}${separator}${name}`;
}

/** Which of these servers a name that clients see leads to, and its name there. Exact: no folding, no trimming. */
export function routeOf<Server extends { readonly server: string }>(
  servers: readonly Server[],
  name: string,
): { readonly to: Server; readonly name: string } | undefined {
  const end = name.indexOf(separator);
  const prefix = name.slice(0, end);
  const to = end === -1 ? undefined : servers.find(({ server }) => prefixOf(server) === prefix);
  return to === undefined ? undefined : { to, name: name.slice(end + separator.length) };
}
