import { libraryPath } from "../oauth/auth-options.ts";

/** What the library adds to a request when it signs it for one of our pages. */
const signature = ["sig", "exp"];
/** Prompts (OpenID Connect Core 3.1.2.1) that the sign-in which just took place has answered. */
const answeredPrompts = new Set(["login", "select_account", "create"]);

/**
 * The address at which the authorization request in a page's query goes on: relative, and always our own authorization
 * endpoint, which checks every part of it again. So a query that is too old, or made up, does no harm. Undefined when
 * there is no request in it.
 */
export function authorizationPath(query: string): string | undefined {
  const parameters = new URLSearchParams(query);
  if (!parameters.has("client_id")) return undefined;
  for (const name of signature) parameters.delete(name);
  for (const name of [...parameters.keys()]) if (name.startsWith("ba_")) parameters.delete(name);
  const prompts = parameters.get("prompt");
  if (prompts !== null) {
    const left = prompts.split(" ").filter((prompt) => prompt !== "" && !answeredPrompts.has(prompt));
    if (left.length === 0) parameters.delete("prompt");
    else parameters.set("prompt", left.join(" "));
  }
  return `${libraryPath}/oauth2/authorize?${parameters}`;
}
