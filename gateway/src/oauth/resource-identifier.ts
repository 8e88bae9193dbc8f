/**
 * What can be asked for at this gateway (RFC 8707): one MCP server, `{origin}/mcp/{server}`, or `{origin}/mcp`, whose
 * server the human chooses during consent. Either is the one audience of its access tokens.
 */

/** Name of the parameter of `/mcp` that says which server to begin with, by its upstream URL. */
export const upstreamParameter = "upstream_mcp";

const urlLengthMax = 2000;

/** Path of an MCP endpoint below the gateway's origin. Without a server: that of the endpoint for a chosen one. */
export function mcpPath(server?: string): string {
  return server === undefined ? "/mcp" : `/mcp/${server}`;
}

/** A resource that a client asked for. */
export interface RequestedResource {
  /** Its path below the gateway's origin: what the tokens are for. */
  readonly path: string;
  /** Key of the server of `/mcp/{server}`. It need not exist. Undefined for `/mcp`. */
  readonly server: string | undefined;
  /** What `/mcp?upstream_mcp={url}` says. */
  readonly upstreamUrl: string | undefined;
}

/** Reads a resource identifier of this gateway; undefined for anything else. */
export function readResource(publicUrl: string, resource: string): RequestedResource | undefined {
  if (!resource.startsWith(publicUrl)) return undefined;
  const address = resource.slice(publicUrl.length);
  if (address === mcpPath()) return { path: mcpPath(), server: undefined, upstreamUrl: undefined };
  if (address.startsWith(`${mcpPath()}?`)) {
    const upstreamUrl = readUpstreamParameter(address.slice(mcpPath().length));
    return upstreamUrl === undefined ? undefined : { path: mcpPath(), server: undefined, upstreamUrl };
  }
  const server = /^\/mcp\/([A-Za-z0-9_-]+)$/.exec(address)?.[1];
  return server === undefined ? undefined : { path: address, server, upstreamUrl: undefined };
}

/**
 * The server to begin with, of the query of `/mcp`. Undefined where there is none or the query says anything else: then
 * it is no part of the resource identifier.
 */
export function readUpstreamParameter(query: string): string | undefined {
  const parameters = [...new URLSearchParams(query)];
  const [name, value = ""] = parameters[0] ?? [];
  const isIt = parameters.length === 1 && name === upstreamParameter && value !== "" && query.length <= urlLengthMax;
  return isIt ? value : undefined;
}

/** Where the metadata of a resource is (RFC 9728 section 3.1). `query` is that of `/mcp`, as the URL parser writes it. */
export function resourceMetadataUrl(publicUrl: string, server: string | undefined, query = ""): string {
  return `${publicUrl}/.well-known/oauth-protected-resource${mcpPath(server)}${keptQuery(server, query)}`;
}

/** The identifier of a resource, as its metadata says it and clients then ask for it. */
export function resourceIdentifier(publicUrl: string, server: string | undefined, query = ""): string {
  return `${publicUrl}${mcpPath(server)}${keptQuery(server, query)}`;
}

function keptQuery(server: string | undefined, query: string): string {
  return server === undefined && readUpstreamParameter(query) !== undefined ? query : "";
}
