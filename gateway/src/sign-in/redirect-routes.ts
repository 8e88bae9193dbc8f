/** Sign-in at an identity provider: out, and back. */
import { isEmail } from "@permit-mcp-gateway/policies";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { GatewayError } from "../errors.ts";
import { libraryPath } from "../oauth/auth-options.ts";
import { type ExternalSignIn, type RedirectMethod, redirectMethods } from "../oauth/external-sign-in.ts";
import { sendLibraryResponse } from "../oauth/library-http.ts";
import { requireOwnOrigin } from "../oauth/request-guards.ts";
import { authorizationPath } from "./authorization-path.ts";
import type { RedirectView } from "./contract.ts";
import { libraryCall, passCookies, readBody, type SignInDeps } from "./local-sign-in.ts";
import { connectKey, pathAfterSignIn } from "./path-after-sign-in.ts";
import type { RedirectCookie } from "./redirect-cookie.ts";

export interface RedirectDeps extends SignInDeps {
  readonly external: ExternalSignIn;
  readonly redirectCookie: RedirectCookie;
}

/** Where the library says that it failed. Only looked at, never sent to. */
const failurePath = "/sign-in";
/** What of a provider's answer is passed on (RFC 6749 section 4.1.2, RFC 9207). */
const answerParameters = ["code", "state", "error", "iss"];
const parameterForm = /^[\x20-\x7e]{1,4096}$/;
const acsPath = `${libraryPath}/sso/saml2/sp/acs/saml`;

/** `/api/sign-in/redirect`, `callback/{google,github,microsoft}`, `sso/callback/oidc`, `sso/saml2/sp/{acs/saml,metadata}`. */
export function redirectRoutes(deps: RedirectDeps): FastifyPluginAsync {
  const { publicUrl, external, redirectCookie, limit } = deps;
  return async (app) => {
    app.addHook("onRequest", limit("signIn"));

    app.post("/api/sign-in/redirect", async (request, reply): Promise<RedirectView> => {
      requireOwnOrigin(request, publicUrl);
      const { method, query, email } = readBody(request, {
        method: z.enum(redirectMethods),
        query: z.string().max(16_000),
        email: z.string().max(254).optional(),
      });
      const hint = email !== undefined && isEmail(email) && method !== "saml" ? { loginHint: email } : {};
      const body = { callbackURL: pathAfterSignIn(query), errorCallbackURL: failurePath, ...hint };
      const response = await external.begin(method, body, libraryCall(deps, request, ""));
      const { url } = (await response.json()) as { url: string };
      const parameters = new URL(url).searchParams;
      passCookies(reply, response);
      redirectCookie.write(reply, { query, state: parameters.get("state") ?? parameters.get("RelayState") ?? "" });
      void reply.header("cache-control", "no-store");
      return { url };
    });

    for (const method of ["google", "github", "microsoft"] as const) {
      app.get(`${libraryPath}/callback/${method}`, { exposeHeadRoute: false }, (request, reply) =>
        comeBack(deps, method, request, reply),
      );
    }
    app.get(`${libraryPath}/sso/callback/oidc`, { exposeHeadRoute: false }, (request, reply) =>
      comeBack(deps, "oidc", request, reply),
    );

    app.get(`${libraryPath}/sso/saml2/sp/metadata`, { exposeHeadRoute: false }, async (_request, reply) =>
      sendLibraryResponse(reply, await external.samlMetadata()),
    );
    await app.register(async (forms) => {
      // The identity provider has the browser send a form (SAML 2.0 Bindings section 3.5), from its own origin.
      forms.removeAllContentTypeParsers();
      forms.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
        done(null, body),
      );
      // Certificates and signatures are in it.
      forms.post(acsPath, { bodyLimit: 400 * 1024 }, (request, reply) => assertionConsumer(deps, request, reply));
    });
  };
}

async function comeBack(deps: RedirectDeps, method: RedirectMethod, request: FastifyRequest, reply: FastifyReply) {
  const sent = new URL(request.raw.url ?? "", deps.publicUrl).searchParams;
  const answer = new URLSearchParams();
  for (const name of answerParameters) {
    const [value, second] = sent.getAll(name);
    if (value !== undefined && second === undefined && parameterForm.test(value)) answer.set(name, value);
  }
  const path = method === "oidc" ? "/sso/callback/oidc" : `/callback/${method}`;
  return finish(
    deps,
    { method, state: answer.get("state"), call: libraryCall(deps, request, `${path}?${answer}`) },
    request,
    reply,
  );
}

async function assertionConsumer(deps: RedirectDeps, request: FastifyRequest, reply: FastifyReply) {
  const sent = new URLSearchParams(typeof request.body === "string" ? request.body : "");
  const [response, ...others] = sent.getAll("SAMLResponse");
  const [state = "", ...otherStates] = sent.getAll("RelayState");
  if (response === undefined || others.length + otherStates.length > 0 || !/^[A-Za-z0-9+/=\s]+$/.test(response)) {
    throw new GatewayError("REQUEST_INVALID", { detail: "not one SAML response" });
  }
  const body = { SAMLResponse: response, RelayState: parameterForm.test(state) ? state : "" };
  const call = libraryCall(deps, request, acsPath.slice(libraryPath.length), body);
  return finish(deps, { method: "saml", state, call }, request, reply);
}

/** Goes on with the authorization request, or back to the sign-in page with a reason. */
async function finish(
  deps: RedirectDeps,
  { method, state, call }: { readonly method: RedirectMethod; readonly state: string | null; readonly call: Request },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { external, redirectCookie, log } = deps;
  const begun = redirectCookie.read(request);
  redirectCookie.clear(reply);
  void reply.header("cache-control", "no-store").header("referrer-policy", "no-referrer");
  try {
    // Whoever did not begin here, in this browser, is not signed in here: of SAML the library does not see to it.
    if (state === null || begun?.isOf(state) !== true)
      throw new GatewayError("SIGN_IN_FAILED", { detail: "no such sign-in was begun" });
    const { response, refusal } = await external.finish(method, call);
    if (refusal !== undefined) throw refusal;
    const location = response.headers.get("location");
    if (location === null || !makesSession(response)) {
      const reason = reasonIn(location);
      // The library's word for an address that has an account here and that the provider does not vouch for.
      const code = reason === "account_not_linked" ? "EMAIL_NOT_PROVEN" : "SIGN_IN_FAILED";
      throw new GatewayError(code, { detail: `${method}: ${reason}` });
    }
    passCookies(reply, response);
    return reply.redirect(pathAfterSignIn(begun.query), 303);
  } catch (error) {
    const refusal = error instanceof GatewayError ? error : new GatewayError("SIGN_IN_FAILED", { cause: error });
    // As a cause only its message and stack are logged: a driver's error carries parameters.
    log.warn({ method, code: refusal.code, detail: refusal.detail, err: refusal }, "sign-in failed");
    return reply.redirect(await signInPage(deps, request, begun?.query ?? "", refusal), 303);
  }
}

function makesSession(response: Response): boolean {
  return response.headers
    .getSetCookie()
    .some((cookie) => /^(?:__Secure-)?better-auth\.session_token=[^;]/.test(cookie));
}

/** The library's own word, for the log: a word and no text, because the rest of it is the provider's. */
function reasonIn(location: string | null): string {
  const reason = location === null ? null : new URL(location, "http://localhost").searchParams.get("error");
  return reason?.replaceAll(/[^A-Za-z_ ]/g, "").slice(0, 80) ?? "no reason";
}

/** The sign-in page, with the authorization request signed anew, and why. The reason is one of our own words. */
async function signInPage(deps: RedirectDeps, request: FastifyRequest, query: string, { code }: GatewayError) {
  const fragment = `#failed=${code}`;
  const path = authorizationPath(query);
  if (path === undefined) {
    const key = connectKey(query);
    return key === undefined ? `/sign-in${fragment}` : `/sign-in?connect=${key}${fragment}`;
  }
  const call = libraryCall(deps, request, path.slice(libraryPath.length));
  // Without its cookies: who is signed in already would be led past the page.
  call.headers.delete("cookie");
  const response = await deps.library.handle(call);
  // As JSON, because this is no browser that asks.
  const { url } = (await response.json().catch(() => ({}))) as { url?: unknown };
  const location = new URL(typeof url === "string" ? url : "/", deps.publicUrl);
  const isPage = location.origin === deps.publicUrl && location.pathname === "/sign-in";
  return isPage ? `${location.pathname}${location.search}${fragment}` : `/sign-in${fragment}`;
}
