import { authorizationPath } from "./authorization-path.ts";

/** Key of the server whose page sent the human to sign in first. Letters that can't lead anywhere else. */
export function connectKey(query: string): string | undefined {
  const key = new URLSearchParams(query).get("connect");
  return key !== null && /^[A-Za-z0-9_-]{1,200}$/.test(key) ? key : undefined;
}

/**
 * Where the browser goes on after a sign-in: to the authorization request in the page's query, to the page of the server
 * that it names, or to the agents. Always relative, and one of our own.
 */
export function pathAfterSignIn(query: string): string {
  const key = connectKey(query);
  return authorizationPath(query) ?? (key === undefined ? "/" : `/connect/${key}`);
}
