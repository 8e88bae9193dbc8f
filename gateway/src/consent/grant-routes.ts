/** The agents of the signed-in human: list them, end one. */
import type { FastifyPluginAsync } from "fastify";
import type { Grant } from "../deps.ts";
import { GatewayError } from "../errors.ts";
import { requireOwnOrigin } from "../oauth/request-guards.ts";
import { type ConsentRoutesDeps, requireSignedIn } from "./consent-routes.ts";
import type { GrantView } from "./contract.ts";
import { endAgent } from "./end-grants.ts";
import { endOfGrant, problemOfLife, visibleEnd } from "./grant-life.ts";

function view(grant: Grant, endsAt: Date): GrantView {
  return {
    id: grant.id,
    client: { id: grant.clientId, name: grant.clientName },
    server: grant.server,
    level: grant.level,
    createdAt: grant.createdAt.toISOString(),
    lastUsedAt: grant.lastUsedAt.toISOString(),
    endsAt: endsAt.toISOString(),
  };
}

/** `/api/grants`. */
export function grantRoutes(deps: ConsentRoutesDeps): FastifyPluginAsync {
  const { publicUrl, grants, directory, clock } = deps;

  /** Those that can be used; also those on a server that is out of the policy, which may come back. */
  const listed = (all: readonly Grant[]): GrantView[] => {
    const host = directory.settings();
    return all.flatMap((grant) => {
      const server = host.servers.get(grant.server);
      if (server === undefined) return [view(grant, grant.expiresAt)];
      const rules = { host, server };
      if (problemOfLife(grant, rules, clock()) !== undefined) return [];
      return [view(grant, visibleEnd(endOfGrant(grant, rules), grant.email, rules))];
    });
  };
  return async (app) => {
    app.get("/api/grants", async (request) => {
      const human = await requireSignedIn(deps, request);
      return { grants: listed(await grants.listActive(human.userId)) };
    });

    app.post<{ Params: { id: string } }>("/api/grants/:id/revoke", async (request) => {
      requireOwnOrigin(request, publicUrl);
      const human = await requireSignedIn(deps, request);
      const grant = await grants.find(request.params.id);
      // The same answer for nobody's and for somebody else's: ids are no way to find out who uses what.
      if (grant === undefined || grant.userId !== human.userId) throw new GatewayError("GRANT_UNKNOWN");
      await endAgent(deps, grant);
      return { revoked: grant.id };
    });
  };
}
