import type { FastifyPluginAsync } from "fastify";
import { localSignInRoutes } from "./local-routes.ts";
import { signInPageRoutes } from "./page-routes.ts";
import { passkeyRoutes } from "./passkey-routes.ts";
import { passwordRoutes } from "./password-routes.ts";
import { type RedirectDeps, redirectRoutes } from "./redirect-routes.ts";
import { signUpRoutes } from "./sign-up-routes.ts";

/** Everything by which humans sign in here, make an account and look after it. Each in a scope of its own hooks. */
export function signInRoutes(deps: RedirectDeps): FastifyPluginAsync {
  return async (app) => {
    for (const routes of [signInPageRoutes, localSignInRoutes, signUpRoutes, passwordRoutes, passkeyRoutes]) {
      await app.register(routes(deps));
    }
    await app.register(redirectRoutes(deps));
  };
}
