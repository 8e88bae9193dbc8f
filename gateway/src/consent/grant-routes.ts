/** The agents of the signed-in human: list them, give one less, end one, take its receipt along. */
import type { TrustLevel } from "@permit-mcp-gateway/policies";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { decodeJwt } from "jose";
import { z } from "zod";
import type { Grant } from "../deps/grants.ts";
import type { HostSettings } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";
import { recordedRequest } from "../oauth/recorded-request.ts";
import { requireOwnOrigin } from "../oauth/request-guards.ts";
import { checkConsent, findGrantable } from "./check-consent.ts";
import { type ConsentRoutesDeps, requireSignedIn } from "./consent-routes.ts";
import type { GrantsView, GrantView, ReceiptFile } from "./contract.ts";
import { endAgent } from "./end-grants.ts";
import { aliveGrants, endOfGrant, problemOfLife, visibleEnd } from "./grant-life.ts";
import { lowerConsent } from "./lower-consent.ts";

type GrantRequest = FastifyRequest<{ Params: { id: string } }>;

const lowerBody = z.strictObject({ level: z.enum(["low", "medium", "high"]) });

/** `/api/grants`. */
export function grantRoutes(deps: ConsentRoutesDeps): FastifyPluginAsync {
  const { publicUrl, grants, directory, facts, receipts, clock } = deps;

  /** Undefined while Permit does not answer: the list is there to revoke from, above all when something is wrong. */
  const ceilingsOf = async (email: string) => {
    try {
      return await facts.ceilings(email);
    } catch (err) {
      deps.log.warn({ err }, "the ceilings of a human could not be read");
      return undefined;
    }
  };

  const ceilingOf = (host: HostSettings, { email, server }: Grant, ceilings: ReadonlyMap<string, TrustLevel>) => {
    try {
      return findGrantable(host, { email, ceilings, now: clock() }, server).ceiling;
    } catch (error) {
      if (error instanceof GatewayError) return null;
      throw error;
    }
  };

  const viewOf = (
    host: HostSettings,
    grant: Grant,
    ceilings: ReadonlyMap<string, TrustLevel> | undefined,
    active: readonly Grant[],
  ): GrantView[] => {
    const server = host.servers.get(grant.server);
    const { id, level, createdAt, lastUsedAt } = grant;
    const common = {
      ...{ id, level, createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt.toISOString() },
      client: { id: grant.clientId, name: grant.clientName },
      together: aliveGrants(active, host, clock())
        .filter((other) => other.connectionId === grant.connectionId && other.id !== id)
        .map((other) => host.servers.get(other.server)?.name ?? other.server),
    };
    // Also those on a server that is out of the policy, which may come back.
    if (server === undefined) {
      const gone = { key: grant.server, name: grant.server };
      return [{ ...common, server: gone, ceiling: null, tools: [], endsAt: grant.expiresAt.toISOString() }];
    }
    const rules = { host, server };
    if (problemOfLife(grant, rules, clock()) !== undefined) return [];
    return [
      {
        ...common,
        server: { key: server.key, name: server.name },
        ...(ceilings === undefined ? {} : { ceiling: ceilingOf(host, grant, ceilings) }),
        tools: [...server.tools.values()].map(({ name, trust }) => ({ name, trust })),
        endsAt: visibleEnd(endOfGrant(grant, rules), grant.email, rules).toISOString(),
      },
    ];
  };

  /** The grant of the path, when it is the signed-in human's own. */
  const ownGrant = async (request: GrantRequest) => {
    const human = await requireSignedIn(deps, request);
    const grant = await grants.find(request.params.id);
    // The same answer for nobody's and for somebody else's: ids are no way to find out who uses what.
    if (grant === undefined || grant.userId !== human.userId) throw new GatewayError("GRANT_UNKNOWN");
    return grant;
  };

  return async (app) => {
    app.get("/api/grants", async (request): Promise<GrantsView> => {
      const human = await requireSignedIn(deps, request);
      const [host, active, ceilings] = await Promise.all([
        directory.settingsOf(human.userId),
        grants.listActive(human.userId),
        ceilingsOf(human.email),
      ]);
      return { grants: active.flatMap((grant) => viewOf(host, grant, ceilings, active)) };
    });

    app.post("/api/grants/:id/revoke", async (request: GrantRequest) => {
      requireOwnOrigin(request, publicUrl);
      const grant = await ownGrant(request);
      await endAgent(deps, grant, { ...recordedRequest(request), cause: "REVOKED_BY_HUMAN" });
      return { revoked: grant.id };
    });

    app.post("/api/grants/:id/level", async (request: GrantRequest) => {
      requireOwnOrigin(request, publicUrl);
      const parsed = lowerBody.safeParse(request.body);
      if (!parsed.success) throw new GatewayError("REQUEST_INVALID", { detail: parsed.error.message });
      const grant = await ownGrant(request);
      const { level } = parsed.data;
      const host = await directory.settingsOf(grant.userId);
      const consenter = { email: grant.email, ceilings: await facts.ceilings(grant.email), now: clock() };
      const asked = { requested: grant.server, chosen: grant.server, level };
      const terms = { host, ...checkConsent(host, consenter, asked) };
      await lowerConsent(deps, { grant, level, terms, request: recordedRequest(request) });
      return { id: grant.id, level };
    });

    app.get("/api/grants/:id/receipt", async (request: GrantRequest, reply: FastifyReply): Promise<ReceiptFile> => {
      const grant = await ownGrant(request);
      const jws = await receipts.newestOf(grant.id);
      if (jws === undefined) throw new GatewayError("RECEIPT_UNKNOWN");
      reply.header("content-disposition", `attachment; filename="receipt-${grant.id}.json"`);
      return { receipt: decodeJwt(jws), jws, keys: `${publicUrl}/.well-known/gateway-jwks.json` };
    });
  };
}
