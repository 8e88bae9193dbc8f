/** The servers of the signed-in human: enter one by URL during a consent, list them, forget one. */
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { z } from "zod";
import { dynamicServerRecord } from "../audit/record.ts";
import { GatewayError } from "../errors.ts";
import type { SignedIn } from "../oauth/auth-library.ts";
import { recordedRequest } from "../oauth/recorded-request.ts";
import { requireOwnOrigin } from "../oauth/request-guards.ts";
import { serverNameOf } from "../server-url.ts";
import type { ConsentRoutesDeps } from "./consent-routes.ts";
import type { EnteredServersView, EnterServerAnswer } from "./contract.ts";
import { endAgent } from "./end-grants.ts";
import { enterServer } from "./enter-server.ts";

/** What these routes stand on. */
export interface EnteredRoutesDeps extends ConsentRoutesDeps {
  /** Who asks. Throws GatewayError NOT_SIGNED_IN or EMAIL_DOMAIN_FORBIDDEN. */
  readonly requireSignedIn: (request: FastifyRequest) => Promise<SignedIn>;
  /** The human in front of a consent page on which they choose the server. Throws GatewayError. */
  readonly requireChoice: (request: FastifyRequest, query: string) => Promise<SignedIn>;
}

type ServerRequest = FastifyRequest<{ Params: { key: string } }>;

const enterBody = z.strictObject({ query: z.string().max(16_000), url: z.string().max(2_000) });

/** `/api/servers`. */
export function enteredRoutes(deps: EnteredRoutesDeps): FastifyPluginAsync {
  const { publicUrl, hostKey, directory, facts, dynamicServers, upstreamAccounts, grants, audit, accountLog, clock } =
    deps;

  const record = (
    request: FastifyRequest,
    human: string,
    { server, address }: { readonly server: string | null; readonly address: string },
    outcome: { readonly decision: "allow" | "deny"; readonly code: string; readonly reason: string },
  ) =>
    audit.write(
      dynamicServerRecord(
        { ...recordedRequest(request), host: hostKey, now: clock(), human, server, address },
        outcome,
      ),
    );

  return async (app) => {
    app.post("/api/servers", async (request): Promise<EnterServerAnswer> => {
      requireOwnOrigin(request, publicUrl);
      const parsed = enterBody.safeParse(request.body);
      if (!parsed.success) throw new GatewayError("REQUEST_INVALID", { detail: parsed.error.message });
      const { query, url } = parsed.data;
      const { userId, email } = await deps.requireChoice(request, query);
      const host = directory.settings();
      const consenter = { email, ceilings: await facts.ceilings(email), now: clock() };
      try {
        const entered = await enterServer(deps, { userId, consenter, host }, url);
        const about = { server: entered.server, address: serverNameOf(entered.url) };
        await record(request, email, about, {
          decision: "allow",
          code: "CONNECTED",
          reason: `The human connected a server of their own with ${entered.tools.length} tools.`,
        });
        return { server: entered.server };
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code === "AUDIT_UNAVAILABLE") throw error;
        // Who tries addresses of the inner network is seen.
        const { code, sentence: reason } = error;
        await record(request, email, { server: null, address: hostOf(url) }, { decision: "deny", code, reason });
        throw error;
      }
    });

    app.get("/api/servers", async (request): Promise<EnteredServersView> => {
      const { userId } = await deps.requireSignedIn(request);
      const [own, active] = await Promise.all([dynamicServers.list(userId), grants.listActive(userId)]);
      return {
        servers: own.map(({ server: key, url, createdAt }) => ({
          ...{ key, url, name: serverNameOf(url), createdAt: createdAt.toISOString() },
          agents: new Set(active.filter(({ server }) => server === key).map(({ clientId }) => clientId)).size,
        })),
      };
    });

    app.post("/api/servers/:key/forget", async (request: ServerRequest) => {
      requireOwnOrigin(request, publicUrl);
      const { userId, email } = await deps.requireSignedIn(request);
      const { key } = request.params;
      const known = (await dynamicServers.list(userId)).find(({ server }) => server === key);
      // The same answer for nobody's and for somebody else's.
      if (known === undefined) throw new GatewayError("SERVER_UNKNOWN");
      for (const grant of (await grants.listActive(userId)).filter(({ server }) => server === key)) {
        await endAgent(deps, grant, { ...recordedRequest(request), cause: "SERVER_FORGOTTEN" });
      }
      // Also those of a sign-in that no consent followed, and while the gateway still knows where to end them.
      if (await upstreamAccounts.forget({ userId, server: key })) {
        const fact = { human: email, request: recordedRequest(request), server: key };
        accountLog.changed("UPSTREAM_DISCONNECTED", fact);
      }
      await dynamicServers.remove({ userId, server: key });
      const about = { server: key, address: serverNameOf(known.url) };
      await record(request, email, about, {
        decision: "allow",
        code: "FORGOTTEN",
        reason: "The human forgot the server.",
      });
      return { forgotten: key };
    });
  };
}

/** What was entered, for the log: no more than the host, because the rest may hold a secret that was pasted. */
function hostOf(url: string): string {
  return URL.canParse(url.trim()) ? new URL(url.trim()).host.slice(0, 200) : "not a URL";
}
