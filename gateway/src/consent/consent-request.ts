import { type RequestedResource, readResource, upstreamParameter } from "../oauth/resource-identifier.ts";

/** An authorization request that waits for consent, read from its signed query. */
export interface ConsentRequestQuery extends Pick<RequestedResource, "path" | "server"> {
  readonly clientId: string;
  readonly redirectUri: string;
  /** Upstream URLs of the servers to begin with, at `/mcp`. */
  readonly upstreamUrls: readonly string[];
}

/**
 * Reads the signed query of the consent page. Only what the library has verified may be given to it. Undefined unless
 * client, redirect URI and resource are there exactly once: a consent is for one agent and one resource.
 */
export function readConsentRequest(publicUrl: string, query: string): ConsentRequestQuery | undefined {
  const parameters = new URLSearchParams(query);
  const clientId = only(parameters.getAll("client_id"));
  const redirectUri = only(parameters.getAll("redirect_uri"));
  const resource = only(parameters.getAll("resource"));
  const asked = resource === undefined ? undefined : readResource(publicUrl, resource);
  if (clientId === undefined || redirectUri === undefined || asked === undefined) return undefined;
  const upstreamUrls = asked.server === undefined ? parameters.getAll(upstreamParameter) : [];
  return { path: asked.path, server: asked.server, clientId, redirectUri, upstreamUrls };
}

function only(values: readonly string[]): string | undefined {
  return values.length === 1 ? values[0] : undefined;
}
