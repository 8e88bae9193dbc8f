/**
 * The authorization server and the consent it asks for, as the rest of the gateway sees them. Everything about the
 * library underneath (better-auth) stays in this folder, so that it can be replaced.
 */
import type { FastifyBaseLogger, FastifyPluginAsync } from "fastify";
import type { JSONWebKeySet } from "jose";
import type { Database } from "../adapters/database.ts";
import { deleteExpiredRows } from "../adapters/expired-rows.ts";
import { createGuardedFetch, type Fetch } from "../adapters/guarded-fetch.ts";
import type { Config } from "../config.ts";
import { createConsentLog } from "../consent/consent-log.ts";
import { type ConsentRoutesDeps, consentRoutes } from "../consent/consent-routes.ts";
import { type EndOccasion, endConnection } from "../consent/end-grants.ts";
import { grantRoutes } from "../consent/grant-routes.ts";
import type { AttemptStore } from "../deps/attempts.ts";
import type { AuditSink } from "../deps/audit.ts";
import type { DynamicServerStore } from "../deps/dynamic-servers.ts";
import type { GrantStore } from "../deps/grants.ts";
import type { HumanDirectory } from "../deps/host-settings.ts";
import type { Mailer } from "../deps/mail.ts";
import type { ConsentFacts, DecisionPoint } from "../deps/permit.ts";
import type { Clock } from "../deps/process.ts";
import type { Secrets } from "../deps/secrets.ts";
import type { ReceiptStore, SigningKeys, TokenVerifier } from "../deps/tokens.ts";
import type { UpstreamAccounts } from "../deps/upstream-accounts.ts";
import { GatewayError } from "../errors.ts";
import type { RateLimit } from "../rate-limit.ts";
import { createAttempts } from "../sign-in/attempts.ts";
import { createDeviceCookie } from "../sign-in/device-cookie.ts";
import { createGuessLog } from "../sign-in/guess-log.ts";
import { createRedirectCookie } from "../sign-in/redirect-cookie.ts";
import type { RedirectDeps } from "../sign-in/redirect-routes.ts";
import { signInMail } from "../sign-in/sign-in-mail.ts";
import { signInRoutes } from "../sign-in/sign-in-routes.ts";
import { createAccountLog } from "./account-log.ts";
import { type AuthLibrary, openAuthLibrary } from "./auth-library.ts";
import { libraryPath } from "./auth-options.ts";
import { createExternalSignIn } from "./external-sign-in.ts";
import { gatherBody } from "./gather-body.ts";
import { serveIntrospection } from "./introspection-endpoint.ts";
import { libraryRoutes } from "./library-routes.ts";
import { createListedClients, type ListedClients } from "./listed-clients.ts";
import { metadataRoutes } from "./metadata-routes.ts";
import { createResourceRows, type ResourceRows } from "./resource-rows.ts";
import { serveRevocation } from "./revocation-endpoint.ts";
import { createSignInLog } from "./sign-in-log.ts";
import { serveToken } from "./token-endpoint.ts";
import { type AccessTokenReader, createTokenVerifier } from "./token-verifier.ts";

/** What the authorization server needs. */
export interface AuthorizationServerOptions {
  readonly config: Config;
  readonly database: Database;
  readonly directory: HumanDirectory;
  readonly dynamicServers: DynamicServerStore;
  readonly decisions: DecisionPoint;
  readonly facts: ConsentFacts;
  readonly grants: GrantStore;
  readonly receipts: ReceiptStore;
  readonly signingKeys: SigningKeys;
  readonly audit: AuditSink;
  /** Client secrets that the policy names. */
  readonly secrets: Secrets;
  /** Undefined: no mail leaves. */
  readonly mailer: Mailer | undefined;
  readonly attempts: AttemptStore;
  readonly upstreamAccounts: UpstreamAccounts;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  /** Fetches Client ID Metadata Documents. By default over https from public addresses only, without redirects. */
  readonly fetchClientMetadata?: Fetch;
}

/** OAuth 2.1 with sign-in and consent. */
export interface AuthorizationServer extends TokenVerifier {
  /** Rotates keys and deletes expired rows, unless another replica is at it. To be called every few minutes. */
  maintain(): Promise<void>;
  /**
   * `/api/auth/*`, `/.well-known/{oauth-authorization-server,openid-configuration,oauth-protected-resource/mcp/*}`,
   * `/api/sign-in`, `/api/sign-up`, `/api/account`, `/api/consent`, `/api/grants`. Register it without a prefix, behind the check of the Host header and
   * under an error handler that knows GatewayError.
   */
  readonly plugin: (limit: RateLimit) => FastifyPluginAsync;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Bodies here are forms and small JSON documents. */
const bodyLimitBytes = 64 * 1024;

/** Brings the library's tables up to date, makes the initial accounts and returns the server. Throws when it can't. */
export async function createAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const { config, database, directory, clock, log } = options;
  const { publicUrl, hostKey } = config;
  const signInLog = createSignInLog({ ...options, hostKey });
  const accountLog = createAccountLog({ ...options, hostKey });
  const clientDocuments = createGuardedFetch({ hosts: [], ranges: [] });
  const library = await openAuthLibrary({
    ...options,
    ...signInMail({ publicUrl, directory, mailer: options.mailer }),
    accounts: config.initialAccounts,
    ...{ signInLog, accountLog },
    fetchClientMetadata: options.fetchClientMetadata ?? clientDocuments.fetch,
  });
  const resources = createResourceRows({
    publicUrl,
    records: library.records,
    exclusively: (run) => database.exclusively("resource-rows", run),
  });
  directory.onChange((settings) => options.upstreamAccounts.follow(settings));
  const clients = createListedClients({
    directory,
    records: library.records,
    secrets: options.secrets,
    exclusively: (run) => database.exclusively("listed-clients", run),
  });
  directory.onChange(async (settings) => {
    try {
      await resources.follow(settings);
    } catch (err) {
      // `ensure` adds what is missing before the next request that needs it.
      log.error({ err }, "the resources of the host could not be brought in step with its servers");
    }
  });
  const tokens = createTokenVerifier({ publicUrl, hostKey, clock, readKeys: () => readKeys(library, publicUrl) });
  const consent: ConsentRoutesDeps = {
    publicUrl,
    upstreamAccounts: options.upstreamAccounts,
    dynamicServers: options.dynamicServers,
    decisions: options.decisions,
    attempts: options.attempts,
    audit: options.audit,
    accountLog,
    hostKey,
    database,
    directory,
    library,
    clock,
    log,
    grants: options.grants,
    facts: options.facts,
    receipts: options.receipts,
    signingKeys: options.signingKeys,
    deleteTokensOf: library.records.deleteTokensOf,
    consentLog: createConsentLog({ ...options, publicUrl, hostKey }),
  };
  const guesses = createGuessLog({ store: options.attempts, accounts: library.accounts, accountLog, log });
  const signIn: Omit<RedirectDeps, "limit"> = {
    ...{ publicUrl, directory, library, accountLog, clock, log },
    mailer: options.mailer,
    attempts: createAttempts(options.attempts, createDeviceCookie(config.authSecret, publicUrl), guesses),
    external: createExternalSignIn({ ...options, signInLog, accountLog }),
    redirectCookie: createRedirectCookie(publicUrl),
  };
  const routes = plugin({ clock, consent, signIn, resources, clients, tokens });
  return {
    verifyToken: tokens.verifyToken,
    maintain: async () => {
      await database.ifAlone("authorization-server-maintenance", async () => {
        await library.maintainKeys(config.tokenKeyRotationDays * dayMs);
        await options.upstreamAccounts.forgetUnused();
        await options.dynamicServers.removeUnowned();
        const deleted = await deleteExpiredRows(database, clock);
        if (deleted > 0) log.info({ deleted }, "rows of expired codes, sessions and tokens were deleted");
      });
    },
    plugin: (limit) => async (app) => {
      app.addHook("onClose", async () => void (await Promise.all([clientDocuments.close(), guesses.settled()])));
      await routes(limit)(app, {});
    },
  };
}

async function readKeys(library: AuthLibrary, publicUrl: string): Promise<JSONWebKeySet> {
  const response = await library.handle(new Request(`${publicUrl}${libraryPath}/jwks`));
  if (!response.ok) throw new GatewayError("INTERNAL", { detail: `the key set answers ${response.status}` });
  return (await response.json()) as JSONWebKeySet;
}

function plugin({
  clock,
  consent,
  signIn,
  resources,
  clients,
  tokens,
}: {
  readonly clock: Clock;
  readonly consent: ConsentRoutesDeps;
  readonly signIn: Omit<RedirectDeps, "limit">;
  readonly resources: ResourceRows;
  readonly clients: ListedClients;
  readonly tokens: AccessTokenReader;
}): AuthorizationServer["plugin"] {
  const { publicUrl, directory, library, database } = consent;
  const { handle, records } = library;
  const shared = {
    records,
    handle,
    endConnection: (id: string, occasion: EndOccasion) => endConnection(consent, id, occasion),
  };
  return (limit) => async (app) => {
    app.addHook("onRoute", (route) => {
      route.bodyLimit ??= bodyLimitBytes;
    });
    app.addHook("preParsing", gatherBody);
    await app.register(metadataRoutes({ publicUrl, directory, handle, signingKeys: consent.signingKeys }));
    await app.register(
      libraryRoutes({
        publicUrl,
        directory,
        library,
        resources,
        clients,
        limit,
        serveToken: (input) => serveToken({ ...shared, database, clock }, input),
        serveIntrospection: (input) =>
          serveIntrospection({ ...shared, tokens, grants: consent.grants, directory, clock }, input),
        serveRevocation: (input) => serveRevocation({ ...shared, tokens }, input),
      }),
    );
    await app.register(async (json) => {
      // JSON and nothing else: a form of another site can't be sent as JSON without asking us first.
      json.removeContentTypeParser("text/plain");
      await json.register(signInRoutes({ ...signIn, limit }));
      await json.register(consentRoutes(consent));
      await json.register(grantRoutes(consent));
    });
  };
}
