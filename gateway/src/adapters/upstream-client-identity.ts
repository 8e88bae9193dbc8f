/** The gateway as OAuth client of an upstream's authorization server: configured, by metadata document, or registered. */
import { type OAuthClientMetadata, OAuthError, registerClient } from "@modelcontextprotocol/client";
import type { HostDirectory } from "../deps/host-settings.ts";
import type { Secrets } from "../deps/secrets.ts";
import { callbackPath, clientDocumentPath } from "../upstream-paths.ts";
import type { Fetch } from "./guarded-fetch.ts";
import type { UpstreamClient, UpstreamClientRows } from "./upstream-client-rows.ts";
import { failed, type OAuthServer, type UpstreamSignInPlan } from "./upstream-discovery.ts";
import { needsClientId } from "./upstream-oauth-problem.ts";

export interface UpstreamClientIdentityOptions {
  readonly publicUrl: string;
  readonly directory: HostDirectory;
  readonly clients: UpstreamClientRows;
  readonly secrets: Secrets;
}

export interface UpstreamClientIdentity {
  readonly redirectUri: (server: Pick<OAuthServer, "key">) => string;
  /** The gateway's Client ID Metadata Document for a server. */
  readonly document: (server: Pick<OAuthServer, "key">) => object;
  /** Configured, else by metadata document, else registered: once for all humans, and anew when that was refused. */
  readonly clientFor: (server: OAuthServer, plan: UpstreamSignInPlan, fetchFn: Fetch) => Promise<UpstreamClient>;
  /** The client that these tokens are for; undefined when it is not the gateway's any more. */
  readonly clientOf: (server: OAuthServer, clientId: string, issuer: string) => Promise<UpstreamClient | undefined>;
  /** After an error that says that the client is not known: the next sign-in registers anew. */
  readonly forgetRefused: (server: OAuthServer, issuer: string, error: unknown) => Promise<void>;
}

export function createUpstreamClientIdentity({
  publicUrl,
  directory,
  clients,
  secrets,
}: UpstreamClientIdentityOptions): UpstreamClientIdentity {
  const redirectUri = (server: Pick<OAuthServer, "key">) => `${publicUrl}${callbackPath(server.key)}`;
  const clientUrl = (server: Pick<OAuthServer, "key">) => `${publicUrl}${clientDocumentPath(server.key)}`;

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

  const clientOf: UpstreamClientIdentity["clientOf"] = async (server, clientId, issuer) => {
    const own = (await configured(server)) ?? (await clients.find({ issuer, server: server.key }));
    if (own?.client_id === clientId) return own;
    return clientId === clientUrl(server) ? { client_id: clientId } : undefined;
  };

  const clientFor: UpstreamClientIdentity["clientFor"] = async (server, { metadata, scope }, fetchFn) => {
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

  return {
    redirectUri,
    document: (server) => ({ client_id: clientUrl(server), ...metadataOf(server, ["none"]) }),
    clientFor,
    clientOf,
    forgetRefused: async (server, issuer, error) => {
      const refused = error instanceof OAuthError && ["invalid_client", "unauthorized_client"].includes(error.code);
      if (refused) await clients.remove({ issuer, server: server.key });
    },
  };
}

/** As at the token endpoint (RFC 6749 section 2.3.1), in the way that was agreed at the registration. */
export function authenticateClient(client: UpstreamClient, headers: Headers, body: URLSearchParams): void {
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
