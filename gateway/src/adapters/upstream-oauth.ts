/** The gateway as OAuth client of the authorization servers of upstream MCP servers, over the MCP SDK's functions. */
import {
  type AuthorizationServerMetadata,
  computeScopeUnion,
  exchangeAuthorization,
  OAuthError,
  type OAuthTokens,
  refreshAuthorization,
  startAuthorization,
} from "@modelcontextprotocol/client";
import { AddressRefusedError, type AddressRules, addressRules } from "../address-rules.ts";
import type { HostDirectory } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";
import type { Secrets } from "../deps/secrets.ts";
import type { Upstream } from "../deps/upstream.ts";
import { GatewayError } from "../errors.ts";
import type { GuardHooks } from "./address-guard.ts";
import { createGuardedFetch, type Fetch } from "./guarded-fetch.ts";
import { authenticateClient, createUpstreamClientIdentity } from "./upstream-client-identity.ts";
import type { UpstreamClientRows } from "./upstream-client-rows.ts";
import { discover, failed, type OAuthServer } from "./upstream-discovery.ts";
import { explainFailure, nameOf, signInNeeded } from "./upstream-oauth-problem.ts";
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
  const { publicUrl, directory, upstream, clock } = options;
  const identity = createUpstreamClientIdentity(options);
  const { redirectUri } = identity;

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
      throw explainFailure(server, refused ?? error);
    } finally {
      await guard.close();
    }
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
        const clientInformation = await identity.clientFor(server, { ...plan, scope: wanted }, fetchFn);
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
        const clientInformation = await identity.clientOf(server, clientId, issuer);
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
          await identity.forgetRefused(server, issuer, error);
          throw error;
        }
      }),
    refresh: async (server, token) => {
      const { refreshToken, resource, clientId, scope } = token;
      const metadata = token.metadata as unknown as AuthorizationServerMetadata;
      const clientInformation = await identity.clientOf(server, clientId, metadata.issuer);
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
          await identity.forgetRefused(server, metadata.issuer, error);
          if (error instanceof OAuthError && refusals.has(error.code)) throw signInNeeded(publicUrl, server.key, error);
          const sentence = `The sign-in of ${server.name} does not answer, so its access could not be renewed. Try again in a moment.`;
          const detail = `${server.key}: ${nameOf(error)}`;
          throw new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail });
        }
      });
    },
    revoke: async (server, { refreshToken, accessToken, metadata, clientId }) => {
      const endpoint = metadata.revocation_endpoint;
      const client = endpoint === undefined ? undefined : await identity.clientOf(server, clientId, metadata.issuer);
      if (endpoint === undefined || client === undefined) return;
      await guarded(server, async (fetchFn) => {
        // The refresh token's revocation ends the access tokens that came of it (RFC 7009 section 2.1).
        const hint = refreshToken === undefined ? "access_token" : "refresh_token";
        const body = new URLSearchParams({ token: refreshToken ?? accessToken, token_type_hint: hint });
        const headers = new Headers({ "content-type": "application/x-www-form-urlencoded" });
        authenticateClient(client, headers, body);
        const { status } = await fetchFn(endpoint, { method: "POST", headers, body });
        if (status >= 300) throw failed(server, "It did not take the revocation.", `revocation: ${status}`);
      });
    },
    clientDocument: identity.document,
  };
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
