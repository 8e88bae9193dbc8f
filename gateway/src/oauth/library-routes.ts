import { redirectUriKind } from "@permit-mcp-gateway/policies";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { HostDirectory } from "../deps.ts";
import { errorCatalogue, GatewayError } from "../errors.ts";
import type { RateLimit } from "../rate-limit.ts";
import type { AuthLibrary } from "./auth-library.ts";
import { libraryPath } from "./auth-options.ts";
import { isClientAdmitted } from "./client-admission.ts";
import { claimedClientId } from "./client-credentials.ts";
import { planRegistration } from "./client-registration.ts";
import { allowCrossOrigin, answerPreflights } from "./cross-origin.ts";
import { sendLibraryResponse, toLibraryRequest } from "./library-http.ts";
import type { ListedClients } from "./listed-clients.ts";
import { oauthError } from "./oauth-error.ts";
import { requireOwnOrigin } from "./request-guards.ts";
import { normalizeAuthorizationQuery, normalizeTokenForm } from "./requested-resource.ts";
import type { ResourceRows } from "./resource-rows.ts";
import type { TokenRequest } from "./token-endpoint.ts";

/** What the routes below `/api/auth` stand on. */
export interface LibraryRoutesDeps {
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

/** U+0000, as it is or escaped the way forms and JSON do. */
const nul = ["\0", "%00", "\\u0000"];

/**
 * The endpoints of the library that are open, each by name. It has about a hundred; every other one is 404, whatever a
 * new version adds: among them are sign-up, its own consent, client and resource administration.
 */
export function libraryRoutes(deps: LibraryRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    // Raw bytes, because parsing would lose repeated form keys (`resource=a&resource=b`).
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    app.addHook("preHandler", async (request) => {
      // PostgreSQL can't store it, so what carries one is no request of ours but a probe for an unhandled error.
      const sent = `${request.raw.url} ${bytes(request).toString("latin1")}`.toLowerCase();
      if (nul.some((text) => sent.includes(text))) {
        throw new GatewayError("REQUEST_INVALID", { detail: "a NUL character" });
      }
    });
    browserRoutes(app, deps);
    await app.register(async (scope) => clientRoutes(scope, deps));
  };
}

/** What the human's browser calls, with cookies. */
function browserRoutes(app: FastifyInstance, deps: LibraryRoutesDeps) {
  const { publicUrl, directory, library, resources, clients } = deps;
  const pass = async (request: FastifyRequest, reply: FastifyReply) => {
    const body = request.method === "GET" ? {} : { body: bytes(request) };
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

/** What OAuth clients call, from anywhere and without cookies. */
function clientRoutes(app: FastifyInstance, deps: LibraryRoutesDeps) {
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

function isRefusal({ status, headers }: Response): boolean {
  return status >= 400 && status < 500 && (headers.get("content-type") ?? "").includes("json");
}

const notAdmitted = errorCatalogue.CLIENT_NOT_ADMITTED.sentence;

function errorPage(publicUrl: string, error: string, description: string): string {
  return `${publicUrl}/error?${new URLSearchParams({ error, error_description: description })}`;
}

async function register(request: FastifyRequest, deps: LibraryRoutesDeps): Promise<Response> {
  const { library, publicUrl, directory } = deps;
  if (!directory.settings().clients.registration) {
    return oauthError(
      403,
      "access_denied",
      "This host does not let clients register themselves. Ask an admin to list it.",
    );
  }
  const plan = planRegistration(parseJson(bytes(request)));
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
  const body = bytes(request);
  return {
    requestId: request.id,
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

function bytes(request: FastifyRequest): Buffer<ArrayBuffer> {
  return Buffer.isBuffer(request.body) ? Buffer.from(request.body) : Buffer.alloc(0);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
