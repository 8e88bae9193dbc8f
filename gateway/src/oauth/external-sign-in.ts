/**
 * Sign-in at an identity provider. Each method has an instance of the library of its own, which shares database, secret
 * and cookies with the authorization server: it is made anew when the policy or a secret changes, while the other keeps
 * its keys and clients, and what one of them opens the other does not.
 */
import { isLoopbackName, type SignInMethod } from "@permit-mcp-gateway/policies";
import { type BetterAuthOptions, type BetterAuthPlugin, betterAuth } from "better-auth";
import type { HostSettings } from "../deps/host-settings.ts";
import type { Secrets } from "../deps/secrets.ts";
import { GatewayError } from "../errors.ts";
import { isOn } from "../sign-in-domains.ts";
import { type AuthOptionsInput, libraryPath, sharedAuthOptions } from "./auth-options.ts";
import { discoverProvider } from "./oidc-discovery.ts";
import { markedRequest } from "./recorded-request.ts";
import { type SignInAttempt, signInContext } from "./sign-in-context.ts";
import { socialProof } from "./sign-in-hooks.ts";
import type { SignInLog } from "./sign-in-log.ts";
import { socialProvider } from "./social-providers.ts";
import { type AccountRules, oidcPlugin, samlPlugin } from "./sso-plugins.ts";

/** The methods that lead to an identity provider. */
export const redirectMethods = ["google", "github", "microsoft", "saml", "oidc"] as const satisfies SignInMethod[];
export type RedirectMethod = (typeof redirectMethods)[number];

/** What became of a browser's return. */
export interface ExternalResult {
  readonly response: Response;
  /** Why one of our own rules refused, when one did. */
  readonly refusal: GatewayError | undefined;
}

export interface ExternalSignIn {
  /**
   * Begins a sign-in. Answers with the provider's address in `url`, and the cookies that bind it to the browser. Throws
   * GatewayError SIGN_IN_METHOD_OFF, SECRET_UNAVAILABLE or IDENTITY_PROVIDER_UNAVAILABLE.
   */
  begin(method: RedirectMethod, body: Readonly<Record<string, unknown>>, request: Request): Promise<Response>;
  /**
   * The browser came back. Never makes a session but for a proven address that the policy admits by this method. Throws
   * GatewayError AUDIT_UNAVAILABLE when it can't be recorded.
   */
  finish(method: RedirectMethod, request: Request): Promise<ExternalResult>;
  /** This gateway as a SAML service provider (SAML 2.0 metadata). */
  samlMetadata(): Promise<Response>;
}

/** What an instance is made from besides the policy. */
export interface ExternalSignInInput
  extends Omit<AuthOptionsInput, "fetchClientMetadata" | "sendCode" | "sendResetLink"> {
  readonly secrets: Secrets;
  readonly signInLog: SignInLog;
}

/** How long endpoints that a provider has published are believed. */
const discoveryFreshMs = 60 * 60_000;

interface Instance {
  readonly key: string;
  readonly madeAtMs: number;
  readonly handle: (request: Request) => Promise<Response>;
}

export function createExternalSignIn(input: ExternalSignInInput): ExternalSignIn {
  const { directory, secrets, clock, config, signInLog, accountLog } = input;
  const instances = new Map<RedirectMethod, Instance>();

  /** The instance for the policy and the secret of now. */
  const instanceOf = async (method: RedirectMethod): Promise<Instance> => {
    const { signIn } = directory.settings();
    if (!isOn({ signIn }, method)) throw new GatewayError("SIGN_IN_METHOD_OFF");
    const secret =
      "clientSecret" in (signIn[method] ?? {}) ? await readClientSecret(secrets, signIn, method) : undefined;
    const key = JSON.stringify([signIn[method], secret]);
    const nowMs = clock().getTime();
    const last = instances.get(method);
    if (last?.key === key && nowMs - last.madeAtMs < discoveryFreshMs) return last;
    const { options, plugins } = await parts(method, signIn, secret, {
      publicUrl: config.publicUrl,
      directory,
      accountLog,
    });
    const auth = betterAuth({ ...externalOptions(input), ...options, plugins });
    const instance = { key, madeAtMs: nowMs, handle: handlerOf(method, auth.handler) };
    instances.set(method, instance);
    return instance;
  };

  return {
    begin: async (method, body, request) => {
      const { handle } = await instanceOf(method);
      const social = method === "google" || method === "github" || method === "microsoft";
      const path = social ? "/sign-in/social" : "/sign-in/sso";
      const named = social ? { provider: method } : { providerId: method };
      const headers = new Headers(request.headers);
      headers.set("content-type", "application/json");
      const payload = JSON.stringify({ ...named, ...body });
      const call = new Request(`${config.publicUrl}${libraryPath}${path}`, { method: "POST", headers, body: payload });
      const response = await handle(call);
      if (!response.ok) {
        throw new GatewayError("IDENTITY_PROVIDER_UNAVAILABLE", { detail: `${method}: ${await codeOf(response)}` });
      }
      return response;
    },
    finish: async (method, request) => {
      const attempt: SignInAttempt = { method, request: markedRequest(request) };
      const { handle } = await instanceOf(method);
      const response = await signInContext.run(attempt, () =>
        handle(request).catch((error: unknown) => {
          // One of our hooks refused and the library let it through.
          if (attempt.refusal === undefined) throw error;
          return new Response(null, { status: 403 });
        }),
      );
      await signInLog(attempt);
      return { response, refusal: attempt.refusal };
    },
    samlMetadata: async () => {
      const { handle } = await instanceOf("saml");
      return handle(new Request(`${config.publicUrl}${libraryPath}/sso/saml2/sp/metadata?providerId=saml`));
    },
  };
}

function handlerOf(method: RedirectMethod, handler: (request: Request) => Promise<Response>) {
  return async (request: Request): Promise<Response> => {
    try {
      return await handler(request);
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      throw new GatewayError("INTERNAL", { detail: `sign-in by ${method} failed in the library`, cause });
    }
  };
}

function externalOptions(input: ExternalSignInInput): BetterAuthOptions {
  const shared = sharedAuthOptions(input);
  return {
    ...shared,
    user: socialProof(input.directory),
    account: {
      // Linked only to an account whose own address was proven, and only by a proven, equal one.
      accountLinking: {
        enabled: true,
        trustedProviders: [],
        requireLocalEmailVerified: true,
        allowDifferentEmails: false,
      },
      updateAccountOnSignIn: false,
    },
    databaseHooks: {
      ...shared.databaseHooks,
      account: {
        create: {
          // Nothing is asked of the provider afterwards, so no token of it is kept.
          before: async (account) => ({ data: { ...account, accessToken: null, refreshToken: null, idToken: null } }),
        },
      },
    },
  };
}

/** What the method adds. Throws GatewayError IDENTITY_PROVIDER_UNAVAILABLE. */
async function parts(
  method: RedirectMethod,
  signIn: HostSettings["signIn"],
  secret: string | undefined,
  { publicUrl, ...rules }: AccountRules & { readonly publicUrl: string },
): Promise<{ readonly options: BetterAuthOptions; readonly plugins: BetterAuthPlugin[] }> {
  if (method === "saml") {
    requireTls(signIn.saml?.entryPoint, publicUrl);
    return { options: {}, plugins: [samlPlugin({ publicUrl, settings: signIn.saml, ...rules })] };
  }
  if (method === "oidc") {
    const issuer = requireTls(signIn.oidc?.issuer, publicUrl);
    const provider = await discoverProvider(issuer);
    const plugin = oidcPlugin({
      provider,
      clientId: signIn.oidc?.clientId ?? "",
      clientSecret: secret ?? "",
      ...rules,
    });
    // The provider's own machine may be on a private network: the policy names it. Other hosts it points at may not.
    return { options: { trustedOrigins: [publicUrl, new URL(issuer).origin] }, plugins: [plugin] };
  }
  return { options: { socialProviders: socialProvider(method, signIn, secret ?? "") }, plugins: [] };
}

/** Passwords and assertions go there: in the clear only between programs of one machine. */
function requireTls(url: string | undefined, publicUrl: string): string {
  const { protocol, hostname } = new URL(url ?? "about:blank");
  const local = isLoopbackName(hostname) && isLoopbackName(new URL(publicUrl).hostname);
  if (url !== undefined && (protocol === "https:" || (protocol === "http:" && local))) return url;
  throw new GatewayError("IDENTITY_PROVIDER_UNAVAILABLE", { detail: "the identity provider's address is not https" });
}

async function readClientSecret(secrets: Secrets, signIn: HostSettings["signIn"], method: RedirectMethod) {
  const settings = method === "saml" ? undefined : signIn[method];
  return settings?.clientSecret === undefined ? undefined : secrets.read(settings.clientSecret.secret);
}

/** The library's word for a failure: letters only, its sentences may quote the provider. */
async function codeOf(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as { code?: unknown };
  return typeof body.code === "string" ? body.code.replaceAll(/[^A-Za-z_]/g, "") : `status ${response.status}`;
}
