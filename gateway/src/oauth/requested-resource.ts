/** What clients ask for, in the form in which the library knows it: one row per path, without a query. */
import { mcpPath, readResource, upstreamParameter } from "./resource-identifier.ts";

/**
 * The query of an authorization request. One without `resource` is for `/mcp`, whose server the human chooses: clients
 * that do not know RFC 8707 get in. `/mcp?upstream_mcp={url}` becomes `/mcp`, and the URL a parameter of its own that
 * the library signs with the rest. Anything else is left for the library to refuse.
 */
export function normalizeAuthorizationQuery(publicUrl: string, query: URLSearchParams): URLSearchParams {
  const normal = new URLSearchParams(query);
  const resources = query.getAll("resource").filter((resource) => resource !== "");
  if (resources.length === 0) {
    normal.set("resource", `${publicUrl}${mcpPath()}`);
    return normal;
  }
  const upstreamUrl = replaceResources(publicUrl, normal, resources);
  if (upstreamUrl !== undefined) normal.set(upstreamParameter, upstreamUrl);
  return normal;
}

/**
 * The form of a token request. One without `resource` is for what its code or refresh token is bound to, which is never
 * nothing.
 */
export function normalizeTokenForm(publicUrl: string, form: URLSearchParams): URLSearchParams {
  const normal = new URLSearchParams(form);
  const resources = form.getAll("resource").filter((resource) => resource !== "");
  replaceResources(publicUrl, normal, resources);
  return normal;
}

/** Returns the server to begin with, when the only resource says one. */
function replaceResources(publicUrl: string, parameters: URLSearchParams, resources: readonly string[]) {
  const read = resources.map((resource) => readResource(publicUrl, resource));
  parameters.delete("resource");
  for (const [index, resource] of resources.entries()) {
    const path = read[index]?.path;
    parameters.append("resource", path === undefined ? resource : `${publicUrl}${path}`);
  }
  return read.length === 1 ? read[0]?.upstreamUrl : undefined;
}
