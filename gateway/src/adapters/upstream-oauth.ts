/** The gateway as OAuth client of the authorization servers of upstream MCP servers, over the MCP SDK's functions. */
import {
  type AuthorizationServerMetadata,
  computeScopeUnion,
  exchangeAuthorization,
  IssuerMismatchError,
  type OAuthClientMetadata,
  OAuthError,
  type OAuthTokens,
  RegistrationRejectedError,
  refreshAuthorization,
  registerClient,
  startAuthorization,
} from "@modelcontextprotocol/client";
import { AddressRefusedError, type AddressRules, addressRules } from "../address-rules.ts";
import type { Clock, HostDirectory, Secrets, Upstream } from "../deps.ts";
import { GatewayError } from "../errors.ts";
import { callbackPath, clientDocumentPath } from "../upstream-paths.ts";
import type { GuardHooks } from "./address-guard.ts";
import { createGuardedFetch, type Fetch } from "./guarded-fetch.ts";
import type { UpstreamClient, UpstreamClientRows } from "./upstream-client-rows.ts";
import { discover, failed, type OAuthServer, type UpstreamSignInPlan } from "./upstream-discovery.ts";
import type { PendingSignIn } from "./upstream-sign-in-rows.ts";
import type { StoredUpstreamToken, UpstreamToken } from "./upstream-token-rows.ts";

export interface UpstreamOAuthOptions {
  readonly publicUrl: string;
  readonly directory: HostDirectory;
  readonly clients: UpstreamClientRows;
  readonly secrets: Secrets;
  readonly upstream: Upstream;
  readonly hooks?: GuardHooks | undefined;
  readonly clock: Clock;
}

/** Signing in, refreshing and revoking. All throw GatewayError UPSTREAM_SIGN_IN_FAILED unless they say otherwise. */
export interface UpstreamOAuth {
  /** The URL that the human's browser goes to, and what has to be kept until it comes back. */
  begin(
    server: OAuthServer,
    asked: { readonly state: string; readonly scope: string | undefined },
  ): Promise<{ readonly url: URL; readonly pending: Omit<PendingSignIn, "browser"> }>;
  /** Redeems the code, at the issuer that was asked for it (RFC 9207). */
  finish(
    server: OAuthServer,
    pending: PendingSignIn,
    answer: { readonly code: string; readonly iss: string | undefined },
  ): Promise<StoredUpstreamToken>;
  /**
   * New tokens for a refresh token. Throws GatewayError UPSTREAM_SIGN_IN_NEEDED when the authorization server takes it no
   * more, and UPSTREAM_UNAVAILABLE when it does not answer.
   */
  refresh(server: OAuthServer, token: UpstreamToken): Promise<StoredUpstreamToken>;
  /** Ends the tokens at the authorization server, where it can (RFC 7009). */
  revoke(server: OAuthServer, token: UpstreamToken): Promise<void>;
  /** The gateway's Client ID Metadata Document for a server. */
  clientDocument(server: Pick<OAuthServer, "key">): object;
}

/** Answers of the token endpoint after which the same refresh token will never be taken (RFC 6749 section 5.2). */
const refusals = new Set(["invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "invalid_target"]);

export function createUpstreamOAuth(options: UpstreamOAuthOptions): UpstreamOAuth {
  const { publicUrl, directory, clients, secrets, upstream, clock } = options;
  const redirectUri = (server: Pick<OAuthServer, "key">) => `${publicUrl}${callbackPath(server.key)}`;
  const clientUrl = (server: Pick<OAuthServer, "key">) => `${publicUrl}${clientDocumentPath(server.key)}`;

  /** What was reviewed: the hosts that the policy names for a server, or for all that humans enter. */
  const rulesOf = ({ upstreamUrl, auth, enteredBy }: OAuthServer): AddressRules => {
    if (enteredBy !== undefined) return addressRules(directory.settings().dynamicServers?.privateHosts ?? []);
    const named = [upstreamUrl, ...(auth.authorizationServer ? [auth.authorizationServer] : [])];
    return { hosts: named.map((url) => new URL(url).hostname), ranges: [] };
  };
  /** Everything else must be public. */
  const guarded = async <T>(server: OAuthServer, run: (fetch: Fetch) => Promise<T>): Promise<T> => {
    const guard = createGuardedFetch(rulesOf(server), options.hooks);
    let refused: AddressRefusedError | undefined;
    const fetch: Fetch = async (url, init) => {
      try {
        return await guard.fetch(url, init);
      } catch (error) {
        if (error instanceof AddressRefusedError) refused = error;
        throw error;
      }
    };
    try {
      const result = await run(fetch);
      // Discovery goes on past metadata that it can't read; a refused address is no reason to look elsewhere.
      if (refused !== undefined) throw refused;
      return result;
    } catch (error) {
      throw explain(server, refused ?? error);
    } finally {
      await guard.close();
    }
  };

  const metadataOf = (server: Pick<OAuthServer, "key">, methods: readonly string[]): OAuthClientMetadata => ({
    client_name: `Permit MCP Gateway (${directory.settings().name})`,
    client_uri: publicUrl,
    redirect_uris: [redirectUri(server)],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    // RFC 8414: what is left out is client_secret_basic.
    token_endpoint_auth_method: methods[0] ?? "client_secret_basic",
    // OpenID Connect registration: http redirects, on this machine, are for native applications.
    application_type: publicUrl.startsWith("https:") ? "web" : "native",
  });

  const configured = async ({ auth }: OAuthServer): Promise<UpstreamClient | undefined> => {
    if (auth.clientId === undefined) return undefined;
    const secret = auth.clientSecret === undefined ? undefined : await secrets.read(auth.clientSecret.secret);
    return { client_id: auth.clientId, ...(secret === undefined ? {} : { client_secret: secret }) };
  };
  const hasDocument = (metadata: object) =>
    publicUrl.startsWith("https:") &&
    (metadata as { client_id_metadata_document_supported?: unknown }).client_id_metadata_document_supported === true;

  /** The client that these tokens are for; undefined when it is not the gateway's any more. */
  const clientOf = async (server: OAuthServer, clientId: string, issuer: string) => {
    const own = (await configured(server)) ?? (await clients.find({ issuer, server: server.key }));
    if (own?.client_id === clientId) return own;
    return clientId === clientUrl(server) ? { client_id: clientId } : undefined;
  };

  /** Configured, else by metadata document, else registered: once for all humans, and anew when that was refused. */
  const clientFor = async (server: OAuthServer, { metadata, scope }: UpstreamSignInPlan, fetchFn: Fetch) => {
    const given = await configured(server);
    if (given !== undefined) return given;
    if (hasDocument(metadata)) return { client_id: clientUrl(server) };
    const key = { issuer: metadata.issuer, server: server.key };
    const known = await clients.find(key);
    if (known !== undefined) return known;
    if (metadata.registration_endpoint === undefined) {
      const why = `Its authorization server does not let the gateway register${needsClientId(server)}.`;
      throw failed(server, why, "no registration endpoint");
    }
    const wanted = ["client_secret_basic", "client_secret_post", "none"];
    const offered = metadata.token_endpoint_auth_methods_supported;
    const clientMetadata = metadataOf(
      server,
      wanted.filter((method) => offered === undefined || offered.includes(method)),
    );
    const registered = await registerClient(metadata.issuer, {
      metadata,
      clientMetadata,
      fetchFn,
      ...(scope === undefined ? {} : { scope }),
    });
    await clients.save(key, registered as UpstreamClient);
    return registered as UpstreamClient;
  };

  const toStored = (
    tokens: OAuthTokens,
    rest: Pick<UpstreamToken, "clientId" | "metadata" | "resource" | "scope">,
  ): StoredUpstreamToken => ({
    token: {
      ...rest,
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token,
      scope: tokens.scope ?? rest.scope,
    },
    expiresAt: tokens.expires_in === undefined ? null : new Date(clock().getTime() + tokens.expires_in * 1000),
  });

  return {
    begin: (server, { state, scope }) =>
      guarded(server, async (fetchFn) => {
        const plan = await discover(server, upstream, fetchFn);
        const { metadata, resource } = plan;
        // What was granted before is asked for again: an answer to "wider" must not be narrower.
        const wanted = computeScopeUnion(scope, plan.scope);
        const clientInformation = await clientFor(server, { ...plan, scope: wanted }, fetchFn);
        const { authorizationUrl, codeVerifier } = await startAuthorization(metadata.issuer, {
          metadata,
          clientInformation,
          redirectUrl: redirectUri(server),
          state,
          ...(wanted === undefined ? {} : { scope: wanted }),
          ...(resource === undefined ? {} : { resource }),
        });
        assertBrowserUrl(server, authorizationUrl);
        const clientId = clientInformation.client_id;
        return {
          url: authorizationUrl,
          pending: { codeVerifier, scope: wanted, resource, clientId, metadata: keptOf(metadata) },
        };
      }),
    finish: (server, pending, { code, iss }) =>
      guarded(server, async (fetchFn) => {
        const { clientId, codeVerifier, resource, scope } = pending;
        const metadata = pending.metadata as AuthorizationServerMetadata;
        const { issuer } = metadata;
        const clientInformation = await clientOf(server, clientId, issuer);
        if (clientInformation === undefined) throw failed(server, "The gateway's registration changed.", "client");
        try {
          const tokens = await exchangeAuthorization(issuer, {
            metadata,
            clientInformation,
            authorizationCode: code,
            codeVerifier,
            redirectUri: redirectUri(server),
            fetchFn,
            ...(iss === undefined ? {} : { iss }),
            ...(resource === undefined ? {} : { resource }),
          });
          return toStored(tokens, {
            clientId,
            scope,
            resource,
            metadata: pending.metadata as UpstreamToken["metadata"],
          });
        } catch (error) {
          await forgetRefusedClient(server, issuer, error);
          throw error;
        }
      }),
    refresh: async (server, token) => {
      const { refreshToken, resource, clientId, scope } = token;
      const metadata = token.metadata as unknown as AuthorizationServerMetadata;
      const clientInformation = await clientOf(server, clientId, metadata.issuer);
      if (refreshToken === undefined || clientInformation === undefined) throw signInNeeded(publicUrl, server.key);
      return guarded(server, async (fetchFn) => {
        try {
          const tokens = await refreshAuthorization(metadata.issuer, {
            metadata,
            clientInformation,
            refreshToken,
            fetchFn,
            ...(resource === undefined ? {} : { resource }),
          });
          return toStored(tokens, { clientId, scope, resource, metadata: token.metadata });
        } catch (error) {
          await forgetRefusedClient(server, metadata.issuer, error);
          if (error instanceof OAuthError && refusals.has(error.code)) throw signInNeeded(publicUrl, server.key, error);
          const sentence = `The sign-in of ${server.name} does not answer, so its access could not be renewed. Try again in a moment.`;
          const detail = `${server.key}: ${nameOf(error)}`;
          throw new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail });
        }
      });
    },
    revoke: async (server, { refreshToken, accessToken, metadata, clientId }) => {
      const endpoint = metadata.revocation_endpoint;
      const client = endpoint === undefined ? undefined : await clientOf(server, clientId, metadata.issuer);
      if (endpoint === undefined || client === undefined) return;
      await guarded(server, async (fetchFn) => {
        // The refresh token's revocation ends the access tokens that came of it (RFC 7009 section 2.1).
        const hint = refreshToken === undefined ? "access_token" : "refresh_token";
        const body = new URLSearchParams({ token: refreshToken ?? accessToken, token_type_hint: hint });
        const headers = new Headers({ "content-type": "application/x-www-form-urlencoded" });
        authenticate(client, headers, body);
        const { status } = await fetchFn(endpoint, { method: "POST", headers, body });
        if (status >= 300) throw failed(server, "It did not take the revocation.", `revocation: ${status}`);
      });
    },
    clientDocument: (server) => ({ client_id: clientUrl(server), ...metadataOf(server, ["none"]) }),
  };

  /** So that the next sign-in registers anew. */
  async function forgetRefusedClient(server: OAuthServer, issuer: string, error: unknown): Promise<void> {
    const refused = error instanceof OAuthError && ["invalid_client", "unauthorized_client"].includes(error.code);
    if (refused) await clients.remove({ issuer, server: server.key });
  }
}

/** The refusal that sends the human to the page where they sign in at the server again. */
export function signInNeeded(publicUrl: string, server: string, cause?: unknown): GatewayError {
  const link = `${publicUrl}/connect/${server}`;
  return new GatewayError("UPSTREAM_SIGN_IN_NEEDED", {
    sentence: `"${server}" wants you to sign in there again. Open ${link}, then try again.`,
    link,
    ...(cause === undefined ? {} : { detail: `${server}: ${nameOf(cause)}` }),
  });
}

/** As at the token endpoint (RFC 6749 section 2.3.1), in the way that was agreed at the registration. */
function authenticate(client: UpstreamClient, headers: Headers, body: URLSearchParams): void {
  const { client_id: id, client_secret: secret, token_endpoint_auth_method: method } = client;
  if (secret === undefined || method === "client_secret_post" || method === "none") {
    body.set("client_id", id);
    if (secret !== undefined && method !== "none") body.set("client_secret", secret);
    return;
  }
  headers.set(
    "authorization",
    `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`,
  );
}

/** Without what is only for a new sign-in: with every document of every human the table would be mostly that. */
function keptOf(metadata: AuthorizationServerMetadata): UpstreamToken["metadata"] {
  const { issuer, authorization_endpoint, token_endpoint, response_types_supported } = metadata;
  const { token_endpoint_auth_methods_supported } = metadata;
  const { authorization_response_iss_parameter_supported, revocation_endpoint } = metadata as Record<string, unknown>;
  return {
    ...{ issuer, authorization_endpoint, token_endpoint, response_types_supported },
    ...(token_endpoint_auth_methods_supported === undefined ? {} : { token_endpoint_auth_methods_supported }),
    ...(typeof revocation_endpoint === "string" ? { revocation_endpoint } : {}),
    ...(authorization_response_iss_parameter_supported === true
      ? { authorization_response_iss_parameter_supported }
      : {}),
  };
}

/** The browser goes there: a scheme that runs something instead would run it as a page of ours. */
function assertBrowserUrl(server: OAuthServer, url: URL): void {
  // Of a server that nobody has reviewed, not to what runs on the human's own machine either, but where itself is there.
  const isOwnHost = server.enteredBy === undefined || url.hostname === new URL(server.upstreamUrl).hostname;
  const loopback = isOwnHost && url.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol === "https:" || loopback) return;
  throw failed(server, "Its authorization server's address is not https.", `authorization endpoint: ${url.protocol}`);
}

/** What an admin can do. Nobody can for a server that a human entered. */
function needsClientId({ key, enteredBy }: OAuthServer): string {
  return enteredBy === undefined ? `; the policy of "${key}" needs a clientId` : "";
}

function nameOf(error: unknown): string {
  // Descriptions are words of another server, which could hold whatever was sent to it.
  if (error instanceof OAuthError) return error.code;
  return error instanceof Error ? error.name : "unknown";
}

/** Anything thrown, as a refusal that says what to do. */
function explain(server: OAuthServer, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof AddressRefusedError) {
    const why = "Its metadata points to an address that the gateway does not call.";
    return failed(server, why, error.message);
  }
  if (error instanceof IssuerMismatchError) {
    return failed(server, "The answer came from another authorization server than the one asked.", error.kind);
  }
  if (error instanceof RegistrationRejectedError) {
    const why = `Its authorization server refused the gateway's registration${needsClientId(server)}.`;
    return failed(server, why, `registration: ${error.status}`);
  }
  if (error instanceof OAuthError) return failed(server, "Its authorization server refused.", error.code);
  if (error instanceof TypeError)
    return failed(server, "Its authorization server does not answer.", nameOf(error), error);
  return failed(server, "What its authorization server says can't be used.", nameOf(error), error);
}
