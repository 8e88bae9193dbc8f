/** The JSON behind the consent page and the list of agents. */
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { z } from "zod";
import type { AttemptStore } from "../deps/attempts.ts";
import type { AuditSink } from "../deps/audit.ts";
import type { DynamicServerStore } from "../deps/dynamic-servers.ts";
import type { HumanDirectory, ServerSettings } from "../deps/host-settings.ts";
import type { DecisionPoint } from "../deps/permit.ts";
import type { Clock } from "../deps/process.ts";
import type { ReceiptStore, SigningKeys } from "../deps/tokens.ts";
import type { UpstreamAccounts } from "../deps/upstream-accounts.ts";
import { GatewayError } from "../errors.ts";
import type { AuthLibrary, SignedIn } from "../oauth/auth-library.ts";
import { assertClientAdmitted } from "../oauth/client-admission.ts";
import { recordedRequest } from "../oauth/recorded-request.ts";
import { requireOwnOrigin } from "../oauth/request-guards.ts";
import { assertAdmitted } from "../sign-in-domains.ts";
import { type Consenter, checkConsent, findGrantable } from "./check-consent.ts";
import { displayClient } from "./client-display.ts";
import { connectRoutes } from "./connect-routes.ts";
import { type ConsentRequestQuery, readConsentRequest } from "./consent-request.ts";
import { choiceView, enteringView, serversMax, serverView } from "./consent-view.ts";
import type { ConsentAnswer, ConsentView } from "./contract.ts";
import type { EndGrantsDeps } from "./end-grants.ts";
import { enteredRoutes } from "./entered-routes.ts";
import { type ConsentedServer, giveConsent } from "./give-consent.ts";
import { endOfLife } from "./grant-life.ts";

/** What the consent routes stand on. */
export interface ConsentRoutesDeps extends EndGrantsDeps {
  readonly publicUrl: string;
  readonly directory: HumanDirectory;
  readonly library: AuthLibrary;
  readonly receipts: ReceiptStore;
  readonly signingKeys: SigningKeys;
  readonly upstreamAccounts: UpstreamAccounts;
  readonly dynamicServers: DynamicServerStore;
  readonly decisions: DecisionPoint;
  readonly attempts: AttemptStore;
  readonly hostKey: string;
  readonly audit: AuditSink;
  readonly clock: Clock;
}

const consentedServer = z.strictObject({ server: z.string().max(200), level: z.enum(["low", "medium", "high"]) });

const consentBody = z.discriminatedUnion("accept", [
  z.strictObject({
    accept: z.literal(true),
    query: z.string().max(16_000),
    servers: z
      .array(consentedServer)
      .min(1)
      .max(serversMax)
      .refine((servers) => new Set(servers.map(({ server }) => server)).size === servers.length),
  }),
  z.strictObject({ accept: z.literal(false), query: z.string().max(16_000) }),
]);

/** Who asks. Throws GatewayError NOT_SIGNED_IN or EMAIL_DOMAIN_FORBIDDEN. */
export async function requireSignedIn(
  { library, directory }: Pick<ConsentRoutesDeps, "library" | "directory">,
  request: FastifyRequest,
): Promise<SignedIn> {
  const human = await library.signedIn(request.headers.cookie);
  if (human === undefined) throw new GatewayError("NOT_SIGNED_IN");
  assertAdmitted(directory.settings(), human.email);
  return human;
}

/** `/api/consent`. */
export function consentRoutes(deps: ConsentRoutesDeps): FastifyPluginAsync {
  const { publicUrl, directory, library, facts, clock } = deps;

  /** The request behind a signed query: verified by the library, its client still known. */
  const openRequest = async (request: FastifyRequest, query: string) => {
    const human = await requireSignedIn(deps, request);
    // The policy grants to addresses: one that nobody has proven to own would get what is another's.
    if (!human.emailVerified) throw new GatewayError("EMAIL_UNVERIFIED");
    const cookie = request.headers.cookie ?? "";
    const denial = await library.deny({ query, cookie });
    const asked = denial === undefined ? undefined : readConsentRequest(publicUrl, query);
    if (denial === undefined || asked === undefined) throw new GatewayError("CONSENT_REQUEST_INVALID");
    assertClientAdmitted(directory.settings(), asked.clientId);
    const client = await library.records.findClient(asked.clientId);
    if (client === undefined || client.disabled === true) throw new GatewayError("CONSENT_REQUEST_INVALID");
    return { human, cookie, denial, asked, client: displayClient(asked.clientId, client.name, asked.redirectUri) };
  };

  const consenterOf = async ({ email }: SignedIn): Promise<Consenter> => {
    const ceilings = await facts.ceilings(email);
    return { email, ceilings, now: clock() };
  };

  return async (app) => {
    app.get("/api/consent", async (request): Promise<ConsentView> => {
      const { human, asked, client } = await openRequest(request, rawQuery(request));
      const settings = await directory.settingsOf(human.userId);
      const view = { host: { name: settings.name }, human: { email: human.email }, client };
      const consenter = await consenterOf(human);
      try {
        if (asked.server === undefined) {
          const own = await deps.dynamicServers.list(human.userId);
          const choice = {
            ...choiceView(settings, consenter, asked),
            entering: enteringView(settings, consenter, own),
          };
          return { ...view, server: null, choice, refused: null };
        }
        const grantable = findGrantable(settings, consenter, asked.server);
        return { ...view, server: serverView(settings, consenter, grantable), choice: null, refused: null };
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        return { ...view, server: null, choice: null, refused: { error: error.code, message: error.sentence } };
      }
    });

    app.post("/api/consent", async (request): Promise<ConsentAnswer> => {
      requireOwnOrigin(request, publicUrl);
      const parsed = consentBody.safeParse(request.body);
      if (!parsed.success) throw new GatewayError("REQUEST_INVALID", { detail: parsed.error.message });
      const answer = parsed.data;
      const { human, cookie, denial, asked, client } = await openRequest(request, answer.query);
      const { consentLog } = deps;
      const agent = { clientId: client.id, clientName: client.name, email: human.email };
      if (!answer.accept) {
        await consentLog.denied(recordedRequest(request), agent, asked.server ?? null);
        return { redirect: denial };
      }
      const host = await directory.settingsOf(human.userId);
      const consenter = await consenterOf(human);
      const servers: ConsentedServer[] = [];
      for (const each of answer.servers) {
        const { server, ceiling } = await recordingRefusal(
          async () => {
            const chosen = { requested: asked.server, chosen: each.server, level: each.level };
            const grantable = checkConsent(host, consenter, chosen);
            await requireConnected(deps, { userId: human.userId, server: grantable.server });
            return grantable;
          },
          (error) => consentLog.refused(recordedRequest(request), agent, each, error),
        );
        const expiresAt = endOfLife(consenter.now, consenter.email, { host, server });
        servers.push({ terms: { host, server, ceiling }, level: each.level, expiresAt });
      }
      const redirect = await giveConsent(
        {
          ...deps,
          issueCode: async (connectionId) => {
            const url = await library.accept({ query: answer.query, cookie, connectionId });
            return url !== undefined && carriesCode(url, asked) ? url : undefined;
          },
        },
        { agent, request: recordedRequest(request), userId: human.userId, resource: asked.path, servers },
      );
      return { redirect };
    });

    await app.register(
      enteredRoutes({
        ...deps,
        requireSignedIn: (request) => requireSignedIn(deps, request),
        requireChoice: async (request, query) => {
          const { human, asked } = await openRequest(request, query);
          if (asked.server !== undefined) throw new GatewayError("CONSENT_REQUEST_INVALID");
          return human;
        },
      }),
    );
    await app.register(
      connectRoutes({
        ...deps,
        requireSignedIn: (request) => requireSignedIn(deps, request),
        requireConsentRequest: async (request, query, server) => {
          const { human, asked } = await openRequest(request, query);
          if (asked.server !== undefined && asked.server !== server) throw new GatewayError("CONSENT_REQUEST_INVALID");
          return human;
        },
      }),
    );
  };
}

/** Who consents without being signed in at the server consents to calls that can't work. Throws GatewayError. */
async function requireConnected(
  { upstreamAccounts }: Pick<ConsentRoutesDeps, "upstreamAccounts">,
  { userId, server }: { readonly userId: string; readonly server: ServerSettings },
): Promise<void> {
  if (await upstreamAccounts.connected({ userId, server: server.key })) {
    // What was not shown is not consented to.
    if (server.enteredBy === undefined || server.tools.size > 0) return;
    throw new GatewayError("CONSENT_REQUEST_INVALID", {
      sentence: `${server.name} has shown no tools yet, so there is nothing to consent to.`,
    });
  }
  const sentence = `Sign in at ${server.name} first, then authorize the agent.`;
  throw new GatewayError("UPSTREAM_SIGN_IN_NEEDED", { sentence });
}

/** A refusal is on record before the browser hears of it. */
async function recordingRefusal<T>(
  check: () => Promise<T>,
  record: (error: GatewayError) => Promise<void>,
): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof GatewayError) await record(error);
    throw error;
  }
}

/** The query exactly as it was sent: it is signed, and parsing it would reorder repeated parameters. */
function rawQuery(request: FastifyRequest): string {
  const url = request.raw.url ?? "";
  const start = url.indexOf("?");
  return start === -1 ? "" : url.slice(start + 1);
}

/** The library may also answer with one of its own pages, for example to sign in again; that is no consent. */
function carriesCode(url: string, asked: ConsentRequestQuery): boolean {
  if (!URL.canParse(url)) return false;
  const target = new URL(url);
  const registered = new URL(asked.redirectUri);
  return (
    target.protocol === registered.protocol &&
    target.host === registered.host &&
    target.pathname === registered.pathname &&
    target.searchParams.has("code")
  );
}
