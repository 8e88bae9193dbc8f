import type { FastifyPluginAsync } from "fastify";
import { GatewayError } from "../errors.ts";
import { type AuthorizeRoutesDeps, authorizeRoutes } from "./authorize-routes.ts";
import { type ClientRoutesDeps, clientRoutes } from "./client-routes.ts";
import { bodyBytes } from "./library-http.ts";

/** What the routes below `/api/auth` stand on. */
export type LibraryRoutesDeps = AuthorizeRoutesDeps & ClientRoutesDeps;

/** U+0000, as it is or escaped the way forms and JSON do. */
const nul = ["\0", "%00", "\\u0000"];

/**
 * The endpoints of the library that are open, each by name. It has about a hundred; every other one is 404, whatever a
 * new version adds: among them are sign-up, its own consent, client and resource administration.
 */
export function libraryRoutes(deps: LibraryRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    // Raw bytes, because parsing would lose repeated form keys (`resource=a&resource=b`).
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    app.addHook("preHandler", async (request) => {
      // PostgreSQL can't store it, so what carries one is no request of ours but a probe for an unhandled error.
      const sent = `${request.raw.url} ${bodyBytes(request).toString("latin1")}`.toLowerCase();
      if (nul.some((text) => sent.includes(text))) {
        throw new GatewayError("REQUEST_INVALID", { detail: "a NUL character" });
      }
    });
    authorizeRoutes(app, deps);
    await app.register(async (scope) => clientRoutes(scope, deps));
  };
}
