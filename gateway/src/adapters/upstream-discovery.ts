/** How to sign in at an upstream server: what it and its authorization server say of themselves. */
import {
  type AuthorizationServerMetadata,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  discoverOAuthServerInfo,
  extractWWWAuthenticateParams,
  type OAuthClientProvider,
  type OAuthProtectedResourceMetadata,
  selectResourceURL,
} from "@modelcontextprotocol/client";
import type { ServerSettings } from "../deps/host-settings.ts";
import type { Upstream } from "../deps/upstream.ts";
import { GatewayError } from "../errors.ts";
import type { Fetch } from "./guarded-fetch.ts";

/** A server with `auth: oauth`. */
export interface OAuthServer extends ServerSettings {
  readonly auth: Extract<ServerSettings["auth"], { type: "oauth" }>;
}

/** The server as one at which each human signs in. Throws GatewayError UPSTREAM_SIGN_IN_INVALID when it is none. */
export function asOAuthServer(server: ServerSettings | undefined): OAuthServer {
  if (server?.auth.type !== "oauth") throw new GatewayError("UPSTREAM_SIGN_IN_INVALID");
  return server as OAuthServer;
}

/** What was found. */
export interface UpstreamSignInPlan {
  readonly metadata: AuthorizationServerMetadata;
  /** Resource indicator (RFC 8707), exactly as the server's metadata has it. */
  readonly resource: string | undefined;
  /** Scopes to ask for, as the MCP authorization specification chooses them. */
  readonly scope: string | undefined;
}

/** The parameters of a challenge (`WWW-Authenticate: Bearer ...`, RFC 6750 section 3, RFC 9728 section 5.1). */
export function readChallenge(status: number, challenge: string): ReturnType<typeof extractWWWAuthenticateParams> {
  return extractWWWAuthenticateParams(new Response(null, { status, headers: { "www-authenticate": challenge } }));
}

const probeTimeoutMs = 10_000;
/** What a server that wants a sign-in answers with its challenge. Some let `initialize` pass without one. */
const listTools = { jsonrpc: "2.0", id: 0, method: "tools/list", params: {} };

/** The server's challenge to a request without a token; empty when it answers without one. */
async function challengeOf({ upstreamUrl, enteredBy }: OAuthServer, upstream: Upstream) {
  const { status, headers, body } = await upstream.send({
    url: upstreamUrl,
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "accept-encoding": "identity",
      "mcp-protocol-version": "2025-11-25",
    },
    body: JSON.stringify(listTools),
    guarded: enteredBy !== undefined,
    signal: AbortSignal.timeout(probeTimeoutMs),
  });
  body.on("error", () => undefined).destroy();
  const challenge = headers["www-authenticate"];
  const text = Array.isArray(challenge) ? challenge[0] : challenge;
  return status === 401 && text !== undefined ? readChallenge(status, text) : {};
}

/**
 * Finds the authorization server: the policy's, or the one that the server's metadata names (RFC 9728), with its own
 * metadata (RFC 8414, OpenID Connect Discovery). One that does not say that it has PKCE with S256 is refused (MCP
 * authorization, "Authorization Code Protection"), and so is metadata of another issuer or for another resource. Throws
 * GatewayError UPSTREAM_SIGN_IN_FAILED or UPSTREAM_UNAVAILABLE, and whatever `fetch` throws.
 */
export async function discover(server: OAuthServer, upstream: Upstream, fetch: Fetch): Promise<UpstreamSignInPlan> {
  const challenge = await challengeOf(server, upstream);
  const { metadata, resourceMetadata } = await readMetadata(server, challenge.resourceMetadataUrl, fetch);
  if (metadata === undefined) {
    throw failed(server, "The sign-in of its authorization server is not described anywhere.", "no metadata");
  }
  if (metadata.code_challenge_methods_supported?.includes("S256") !== true) {
    throw failed(server, "Its authorization server does not say that it supports PKCE with S256.", "no S256");
  }
  // Throws when the metadata is for another server than this one.
  await selectResourceURL(server.upstreamUrl, noProvider, resourceMetadata);
  return {
    metadata,
    resource: resourceMetadata?.resource,
    scope: withOfflineAccess(
      server.auth.scopes?.join(" ") ?? challenge.scope ?? resourceMetadata?.scopes_supported?.join(" "),
      metadata,
    ),
  };
}

/** Nothing of a provider is asked for where it brings no validation of its own. */
const noProvider = {} as OAuthClientProvider;

async function readMetadata(
  { auth, upstreamUrl }: OAuthServer,
  resourceMetadataUrl: URL | undefined,
  fetchFn: Fetch,
): Promise<{
  readonly metadata: AuthorizationServerMetadata | undefined;
  readonly resourceMetadata: OAuthProtectedResourceMetadata | undefined;
}> {
  if (auth.authorizationServer === undefined) {
    const found = await discoverOAuthServerInfo(upstreamUrl, {
      fetchFn,
      ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
    });
    return { metadata: found.authorizationServerMetadata, resourceMetadata: found.resourceMetadata };
  }
  const [metadata, resourceMetadata] = await Promise.all([
    discoverAuthorizationServerMetadata(auth.authorizationServer, { fetchFn }),
    discoverOAuthProtectedResourceMetadata(
      upstreamUrl,
      resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl },
      fetchFn,
    ).catch(() => undefined),
  ]);
  return { metadata, resourceMetadata };
}

/** A refresh token has to be asked for where the authorization server has a scope for it (OpenID Connect, section 11). */
function withOfflineAccess(scope: string | undefined, { scopes_supported }: AuthorizationServerMetadata) {
  if (scope === undefined || scope === "") return undefined;
  if (scopes_supported?.includes("offline_access") !== true || scope.split(" ").includes("offline_access"))
    return scope;
  return `${scope} offline_access`;
}

/** A sign-in that can't go on. `why` is a sentence for the human; the rest is for the log. */
export function failed({ name, key }: ServerSettings, why: string, detail: string, cause?: unknown): GatewayError {
  return new GatewayError("UPSTREAM_SIGN_IN_FAILED", {
    sentence: `Signing in at ${name} did not work. ${why} Try again, or ask an admin.`,
    detail: `${key}: ${detail}`,
    cause,
  });
}
