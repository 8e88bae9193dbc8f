import { serverOfResource } from "../oauth/resource-identifier.ts";

/** An authorization request that waits for consent, read from its signed query. */
export interface ConsentRequestQuery {
  readonly clientId: string;
  readonly redirectUri: string;
  /** Key of the server whose resource is asked for. It need not exist. */
  readonly server: string;
}

/**
 * Reads the signed query of the consent page. Only what the library has verified may be given to it. Undefined unless
 * client, redirect URI and resource are there exactly once: a consent is for one agent on one server.
 */
export function readConsentRequest(publicUrl: string, query: string): ConsentRequestQuery | undefined {
  const parameters = new URLSearchParams(query);
  const clientId = only(parameters.getAll("client_id"));
  const redirectUri = only(parameters.getAll("redirect_uri"));
  const resource = only(parameters.getAll("resource"));
  const server = resource === undefined ? undefined : serverOfResource(publicUrl, resource);
  if (clientId === undefined || redirectUri === undefined || server === undefined) return undefined;
  return { clientId, redirectUri, server };
}

function only(values: readonly string[]): string | undefined {
  return values.length === 1 ? values[0] : undefined;
}
