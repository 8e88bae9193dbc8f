import type { FastifyInstance, FastifyRequest } from "fastify";
import type { HostDirectory } from "../deps/host-settings.ts";
import type { RateLimit } from "../rate-limit.ts";
import type { AuthLibrary } from "./auth-library.ts";
import { libraryPath } from "./auth-options.ts";
import { isClientAdmitted, notAdmitted } from "./client-admission.ts";
import { claimedClientId } from "./client-credentials.ts";
import { planRegistration } from "./client-registration.ts";
import { allowCrossOrigin, answerPreflights } from "./cross-origin.ts";
import { bodyBytes, sendLibraryResponse, toLibraryRequest } from "./library-http.ts";
import type { ListedClients } from "./listed-clients.ts";
import { oauthError } from "./oauth-error.ts";
import { normalizeTokenForm } from "./requested-resource.ts";
import type { ResourceRows } from "./resource-rows.ts";
import type { TokenRequest } from "./token-endpoint.ts";

export interface ClientRoutesDeps {
  readonly publicUrl: string;
  readonly directory: HostDirectory;
  readonly library: AuthLibrary;
  readonly resources: ResourceRows;
  readonly clients: ListedClients;
  readonly serveToken: (input: TokenRequest) => Promise<Response>;
  readonly serveIntrospection: (input: TokenRequest) => Promise<Response>;
  readonly serveRevocation: (input: TokenRequest) => Promise<Response>;
  readonly limit: RateLimit;
}

/** What OAuth clients call, from anywhere and without cookies. */
export function clientRoutes(app: FastifyInstance, deps: ClientRoutesDeps): void {
  const { publicUrl, directory, library, resources, clients, limit } = deps;
  const paths = {
    register: `${libraryPath}/oauth2/register`,
    token: `${libraryPath}/oauth2/token`,
    revoke: `${libraryPath}/oauth2/revoke`,
    introspect: `${libraryPath}/oauth2/introspect`,
    jwks: `${libraryPath}/jwks`,
  };
  app.addHook("onSend", async (_request, reply) => allowCrossOrigin(reply));
  answerPreflights(app, Object.values(paths));

  app.get(paths.jwks, async (request, reply) => {
    const response = await library.handle(toLibraryRequest(request, { publicUrl, cookies: false }));
    reply.header("cache-control", "public, max-age=300");
    return sendLibraryResponse(reply, response);
  });
  app.post(paths.register, { onRequest: limit("clientRegistration") }, async (request, reply) => {
    return sendLibraryResponse(reply, await register(request, deps));
  });
  app.post(paths.token, async (request, reply) => {
    await resources.ensure(directory.settings());
    const sent = formRequest(request, publicUrl);
    const clientId = senderOf(sent);
    if (clientId !== undefined) {
      if (!isClientAdmitted(directory.settings(), clientId)) {
        return sendLibraryResponse(reply, oauthError(400, "unauthorized_client", notAdmitted));
      }
      await clients.ensure(clientId);
    }
    return sendLibraryResponse(reply, await deps.serveToken(withNormalResource(sent, publicUrl)));
  });
  app.post(paths.revoke, async (request, reply) => {
    const sent = formRequest(request, publicUrl);
    const clientId = senderOf(sent);
    // Admitted or not: nobody is kept from giving a token back.
    if (clientId !== undefined) await clients.ensure(clientId);
    return sendLibraryResponse(reply, await deps.serveRevocation(sent));
  });
  app.post(paths.introspect, async (request, reply) => {
    const sent = formRequest(request, publicUrl);
    const clientId = senderOf(sent);
    if (clientId !== undefined) await clients.ensure(clientId);
    return sendLibraryResponse(reply, await deps.serveIntrospection(sent));
  });
}

async function register(request: FastifyRequest, deps: ClientRoutesDeps): Promise<Response> {
  const { library, publicUrl, directory } = deps;
  if (!directory.settings().clients.registration) {
    return oauthError(
      403,
      "access_denied",
      "This host does not let clients register themselves. Ask an admin to list it.",
    );
  }
  const plan = planRegistration(parseJson(bodyBytes(request)));
  if (!plan.ok) return oauthError(400, plan.error, plan.description);
  const response = await library.handle(
    toLibraryRequest(request, { publicUrl, cookies: false, body: JSON.stringify(plan.body ?? null) }),
  );
  if (plan.redirectUris === undefined || response.status !== 201) return response;
  const client = (await response.json()) as { client_id: string };
  await library.records.setRedirectUris(client.client_id, plan.redirectUris);
  return Response.json(
    { ...client, redirect_uris: plan.redirectUris },
    { status: 201, headers: { "cache-control": "no-store" } },
  );
}

function formRequest(request: FastifyRequest, publicUrl: string): TokenRequest {
  const body = bodyBytes(request);
  return {
    request: toLibraryRequest(request, { publicUrl, cookies: false, body }),
    form: new URLSearchParams(body.toString("utf8")),
  };
}

/** Not authenticated: whoever it says it is. */
function senderOf({ form, request }: TokenRequest): string | undefined {
  return claimedClientId(form, request.headers.get("authorization") ?? undefined);
}

function withNormalResource(sent: TokenRequest, publicUrl: string): TokenRequest {
  if (!sent.form.has("resource")) return sent;
  const form = normalizeTokenForm(publicUrl, sent.form);
  const { url, method, headers } = sent.request;
  return { ...sent, form, request: new Request(url, { method, headers, body: form.toString() }) };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
