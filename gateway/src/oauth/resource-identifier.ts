/** Path of a server's MCP endpoint below the gateway's origin. */
export function mcpPath(server: string): string {
  return `/mcp/${server}`;
}

/** Resource identifier of a server (RFC 8707): the audience of its access tokens. */
export function resourceIdentifier(publicUrl: string, server: string): string {
  return `${publicUrl}${mcpPath(server)}`;
}

/** The server key that a resource identifier of this gateway names, or undefined. */
export function serverOfResource(publicUrl: string, resource: string): string | undefined {
  const prefix = `${publicUrl}${mcpPath("")}`;
  if (!resource.startsWith(prefix)) return undefined;
  const server = resource.slice(prefix.length);
  return /^[A-Za-z0-9_-]+$/.test(server) ? server : undefined;
}
