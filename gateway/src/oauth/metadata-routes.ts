import { isMetadataDocumentUrl } from "@permit-mcp-gateway/policies";
import type { FastifyPluginAsync } from "fastify";
import type { HostDirectory } from "../deps/host-settings.ts";
import type { SigningKeys } from "../deps/tokens.ts";
import { GatewayError } from "../errors.ts";
import { libraryPath } from "./auth-options.ts";
import { allowCrossOrigin, answerPreflights } from "./cross-origin.ts";
import { resourceIdentifier } from "./resource-identifier.ts";
import { scopes } from "./token-format.ts";

/** Fields of the library's metadata (RFC 8414) whose endpoints are open here. */
const published = [
  "issuer",
  "authorization_endpoint",
  "token_endpoint",
  "registration_endpoint",
  "revocation_endpoint",
  "introspection_endpoint",
  "jwks_uri",
  "scopes_supported",
  "response_types_supported",
  "response_modes_supported",
  "grant_types_supported",
  "token_endpoint_auth_methods_supported",
  "token_endpoint_auth_signing_alg_values_supported",
  "revocation_endpoint_auth_methods_supported",
  "revocation_endpoint_auth_signing_alg_values_supported",
  "introspection_endpoint_auth_methods_supported",
  "code_challenge_methods_supported",
  "authorization_response_iss_parameter_supported",
  "client_id_metadata_document_supported",
] as const;

/** Discovery: how a client that only has the URL of an MCP server finds where to sign in. */
export function metadataRoutes({
  publicUrl,
  directory,
  handle,
  signingKeys,
}: {
  readonly publicUrl: string;
  readonly directory: HostDirectory;
  readonly handle: (request: Request) => Promise<Response>;
  readonly signingKeys: SigningKeys;
}): FastifyPluginAsync {
  const paths = {
    authorizationServer: "/.well-known/oauth-authorization-server",
    openid: "/.well-known/openid-configuration",
    gatewayKeys: "/.well-known/gateway-jwks.json",
    protectedResource: "/.well-known/oauth-protected-resource/mcp/:server",
    chosenResource: "/.well-known/oauth-protected-resource/mcp",
  };
  const protectedResource = (resource: string, name: string) => ({
    resource,
    resource_name: name,
    authorization_servers: [publicUrl],
    scopes_supported: scopes,
    bearer_methods_supported: ["header"],
  });
  const authorizationServerMetadata = async () => {
    const response = await handle(new Request(`${publicUrl}${paths.authorizationServer}`));
    const all = (await response.json()) as Record<string, unknown>;
    const { registration, metadataDocuments, listed } = directory.settings().clients;
    if (!registration) delete all.registration_endpoint;
    return {
      ...Object.fromEntries(published.filter((name) => name in all).map((name) => [name, all[name]])),
      jwks_uri: `${publicUrl}${libraryPath}/jwks`,
      client_id_metadata_document_supported: metadataDocuments || listed.some(({ id }) => isMetadataDocumentUrl(id)),
    };
  };
  return async (app) => {
    app.addHook("onSend", async (_request, reply) => allowCrossOrigin(reply));
    answerPreflights(app, Object.values(paths));

    app.get(paths.authorizationServer, async (_request, reply) => {
      reply.header("cache-control", "public, max-age=300");
      return authorizationServerMetadata();
    });
    // Some OAuth clients only know this path (RFC 8414 section 5). It promises no ID tokens: `openid` is no scope here;
    // the last two members are there because OpenID Connect Discovery 1.0 section 3 requires them of the document.
    app.get(paths.openid, async (_request, reply) => {
      reply.header("cache-control", "public, max-age=300");
      return {
        ...(await authorizationServerMetadata()),
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["EdDSA"],
      };
    });
    app.get(paths.gatewayKeys, async (_request, reply) => {
      reply.header("cache-control", "public, max-age=300");
      return signingKeys.publicKeys();
    });
    // RFC 9728 section 3.1: the well-known path goes between the host and the path of the resource.
    app.get<{ Params: { server: string } }>(paths.protectedResource, async (request) => {
      const server = directory.settings().servers.get(request.params.server);
      if (server === undefined) throw new GatewayError("SERVER_UNKNOWN");
      return protectedResource(resourceIdentifier(publicUrl, server.key), server.name);
    });
    app.get(paths.chosenResource, async (request) => {
      // As the client wrote it (section 3.3), so that it asks for the same, and with it for the server to begin with.
      const { search } = new URL(request.raw.url ?? "/", publicUrl);
      return protectedResource(resourceIdentifier(publicUrl, undefined, search), directory.settings().name);
    });
  };
}
