import { redirectUriKind } from "@permit-mcp-gateway/policies";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { HostDirectory } from "../deps/host-settings.ts";
import type { AuthLibrary } from "./auth-library.ts";
import { libraryPath } from "./auth-options.ts";
import { isClientAdmitted, notAdmitted } from "./client-admission.ts";
import { bodyBytes, sendLibraryResponse, toLibraryRequest } from "./library-http.ts";
import type { ListedClients } from "./listed-clients.ts";
import { requireOwnOrigin } from "./request-guards.ts";
import { normalizeAuthorizationQuery } from "./requested-resource.ts";
import type { ResourceRows } from "./resource-rows.ts";

export interface AuthorizeRoutesDeps {
  readonly publicUrl: string;
  readonly directory: HostDirectory;
  readonly library: AuthLibrary;
  readonly resources: ResourceRows;
  readonly clients: ListedClients;
}

/** What the human's browser calls, with cookies. */
export function authorizeRoutes(
  app: FastifyInstance,
  { publicUrl, directory, library, resources, clients }: AuthorizeRoutesDeps,
): void {
  const pass = async (request: FastifyRequest, reply: FastifyReply) => {
    const body = request.method === "GET" ? {} : { body: bodyBytes(request) };
    const response = await library.handle(toLibraryRequest(request, { publicUrl, cookies: true, ...body }));
    return sendLibraryResponse(reply, response);
  };
  app.get(`${libraryPath}/oauth2/authorize`, { exposeHeadRoute: false }, async (request, reply) => {
    await resources.ensure(directory.settings());
    const asked = toLibraryRequest(request, { publicUrl, cookies: true });
    const url = new URL(asked.url);
    const clientId = url.searchParams.get("client_id");
    if (clientId !== null) {
      // Not to the redirect URI: of a client that may not connect nothing is known to be true.
      if (!isClientAdmitted(directory.settings(), clientId))
        return reply.redirect(errorPage(publicUrl, "unauthorized_client", notAdmitted));
      await clients.ensure(clientId);
    }
    // Also of a metadata document, of which the library takes http to any host: a code must not travel in plain text.
    const redirectUri = url.searchParams.get("redirect_uri");
    if (redirectUri !== null && redirectUriKind(redirectUri) === "forbidden") {
      return reply.redirect(
        errorPage(publicUrl, "invalid_redirect", "The redirect URI of the request is not allowed."),
      );
    }
    url.search = normalizeAuthorizationQuery(publicUrl, url.searchParams).toString();
    const response = await library.handle(new Request(url, asked));
    if (!isRefusal(response)) return sendLibraryResponse(reply, response);
    // A metadata document that can't be had, for example: a human looks at this.
    const refusal = (await response.json()) as { error?: unknown; error_description?: unknown };
    const { error = "invalid_request", error_description: why = "" } = refusal;
    return reply.redirect(errorPage(publicUrl, String(error), String(why)));
  });
  app.post(`${libraryPath}/sign-out`, async (request, reply) => {
    requireOwnOrigin(request, publicUrl);
    return pass(request, reply);
  });
}

function isRefusal({ status, headers }: Response): boolean {
  return status >= 400 && status < 500 && (headers.get("content-type") ?? "").includes("json");
}

function errorPage(publicUrl: string, error: string, description: string): string {
  return `${publicUrl}/error?${new URLSearchParams({ error, error_description: description })}`;
}
