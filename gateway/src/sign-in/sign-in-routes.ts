import type { FastifyPluginAsync } from "fastify";
import type { RateLimit } from "../rate-limit.ts";
import { localSignInRoutes } from "./local-routes.ts";
import { signInPageRoutes } from "./page-routes.ts";
import { passkeyRoutes } from "./passkey-routes.ts";
import { passwordRoutes } from "./password-routes.ts";
import { type RedirectDeps, redirectRoutes } from "./redirect-routes.ts";
import { signUpRoutes } from "./sign-up-routes.ts";

/** Everything by which humans sign in here, make an account and look after it. Each in a scope of its own hooks. */
export function signInRoutes(given: RedirectDeps): FastifyPluginAsync {
  const deps = { ...given, limit: sharedLimit(given.limit) };
  return async (app) => {
    for (const routes of [signInPageRoutes, localSignInRoutes, signUpRoutes, passwordRoutes, passkeyRoutes]) {
      await app.register(routes(deps));
    }
    await app.register(redirectRoutes(deps));
  };
}

/** One counter per rule for all of these routes: an address that may try a hundred times may not do so by each method. */
function sharedLimit(limit: RateLimit): RateLimit {
  const hooks = new Map<string, ReturnType<RateLimit>>();
  return (name, counts) => {
    if (counts !== undefined) return limit(name, counts);
    const hook = hooks.get(name) ?? limit(name);
    hooks.set(name, hook);
    return hook;
  };
}
