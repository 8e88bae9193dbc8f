import { createHmac, hkdfSync } from "node:crypto";
import { cimd } from "@better-auth/cimd";
import { oauthProvider } from "@better-auth/oauth-provider";
import { passkey } from "@better-auth/passkey";
import { sso } from "@better-auth/sso";
import type { BetterAuthOptions, BetterAuthPlugin } from "better-auth";
import { APIError } from "better-auth/api";
import { emailOTP, jwt } from "better-auth/plugins";
import type { FastifyBaseLogger } from "fastify";
import type { Database } from "../adapters/database.ts";
import type { Fetch } from "../adapters/guarded-fetch.ts";
import type { Config } from "../config.ts";
import type { GrantStore } from "../deps/grants.ts";
import type { HumanDirectory } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";
import { digest } from "../digest.ts";
import { accountHooks } from "./account-hooks.ts";
import type { AccountLog } from "./account-log.ts";
import { grantContext } from "./grant-context.ts";
import { signInHooks } from "./sign-in-hooks.ts";
import { createTokenClaims } from "./token-claims.ts";
import {
  accessTokenSeconds,
  opaqueTokenPrefix,
  refreshReuseSeconds,
  refreshTokenPrefix,
  refreshTokenSeconds,
  scopes,
} from "./token-format.ts";
import { tokenKeyOptions } from "./token-keys.ts";

/** Below this path the library's own endpoints are. */
export const libraryPath = "/api/auth";

/** How long a code by mail is good for. */
const codeSeconds = 5 * 60;
/** How long a link to choose a new password is good for. */
const resetLinkSeconds = 30 * 60;
/** The library's beginning of what it keeps such a link under. */
const resetIdentifierPrefix = "reset-password:";

/** Characters in a password. */
export const passwordLength = { min: 8, max: 128 } as const;

/** What the library is set up from. */
export interface AuthOptionsInput {
  readonly config: Pick<Config, "publicUrl" | "hostKey" | "authSecret">;
  readonly database: Database;
  readonly directory: HumanDirectory;
  readonly grants: GrantStore;
  readonly accountLog: AccountLog;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  /** Fetches a Client ID Metadata Document. Must refuse private addresses and redirects. */
  readonly fetchClientMetadata: Fetch;
  /** Mails a code to an address that need not have an account. */
  readonly sendCode: (email: string, code: string) => Promise<void>;
  /** Mails the way to a new password to an account's address. */
  readonly sendResetLink: (email: string, token: string) => Promise<void>;
}

/** What every instance of the library has in common: whoever signs in at one is signed in at all. */
export function sharedAuthOptions({
  config,
  database,
  directory,
  accountLog,
  log,
}: Pick<AuthOptionsInput, "config" | "database" | "directory" | "accountLog" | "log">): BetterAuthOptions {
  const { publicUrl } = config;
  const { session, databaseHooks } = signInHooks(directory);
  const noted = accountHooks(accountLog);
  return {
    baseURL: publicUrl,
    basePath: libraryPath,
    secret: config.authSecret,
    database: { db: database.kysely, type: "postgres", transaction: true },
    trustedOrigins: [publicUrl],
    telemetry: { enabled: false },
    // Said out loud, because the library's default turns both checks off where NODE_ENV is "test" or TEST is set.
    advanced: { disableOriginCheck: false, disableCSRFCheck: false },
    // Limits are in `rate-limit.ts`: the library's don't see what is answered before it.
    rateLimit: { enabled: false },
    // Without `throw` an unexpected error goes to the console whole, a failed query with its parameters included.
    onAPIError: { errorURL: `${publicUrl}/error`, throw: true },
    logger: {
      // At "warn" the library would also write refusals to the console, past our log.
      level: "info",
      log: (level, message, ...details) => {
        const causes = details.map((detail) => (detail instanceof Error ? detail.stack : typeof detail));
        log[level === "info" ? "debug" : level]({ causes }, message);
      },
    },
    // What a reset link carries is as good as a password.
    verification: { storeIdentifier: { default: "plain", overrides: { [resetIdentifierPrefix]: "hashed" } } },
    session,
    databaseHooks: { user: noted.user, session: { ...databaseHooks.session, ...noted.session } },
  };
}

/** better-auth's options of the authorization server. Build them afresh for each instance: plugins keep state. */
export function authOptions(input: AuthOptionsInput): BetterAuthOptions {
  const { publicUrl } = input.config;
  return {
    ...sharedAuthOptions(input),
    emailAndPassword: {
      enabled: true,
      // The library makes an account first and asks for proof afterwards: whoever comes first would choose the password
      // of an address that is not theirs. Ours comes about with the proof (`sign-in/sign-up-routes.ts`).
      disableSignUp: true,
      requireEmailVerification: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      resetPasswordTokenExpiresIn: resetLinkSeconds,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: async ({ user, token }) => input.sendResetLink(user.email, token),
    },
    plugins: [
      jwt(tokenKeyOptions(publicUrl, input.clock)),
      providerPlugin(input),
      cimd({
        fetchClientMetadataResource: (resource, init) =>
          input.fetchClientMetadata(resource instanceof Request ? resource.url : resource, init),
        metadataProfile: "mcp-2026-07-28",
      }),
      codePlugin(input),
      passkeyPlugin(publicUrl),
    ],
  };
}

/** The same with the tables of sign-in elsewhere (`external-sign-in.ts`): for migrations alone. */
export function allTables(input: AuthOptionsInput): BetterAuthOptions {
  const options = authOptions(input);
  return { ...options, plugins: [...(options.plugins ?? []), sso() as BetterAuthPlugin] };
}

/** Codes by mail. Known or not, whoever asks for one gets the same answer, and the address gets the mail. */
function codePlugin({ config, sendCode }: AuthOptionsInput): BetterAuthPlugin {
  // A code of six digits is found by trying all; under a key that is not in the database its digest tells nothing.
  const key = Buffer.from(hkdfSync("sha256", config.authSecret, "", "permit-mcp-gateway/code/v1", 32));
  const plugin = emailOTP({
    otpLength: 6,
    expiresIn: codeSeconds,
    allowedAttempts: 3,
    storeOTP: { hash: async (code) => createHmac("sha256", key).update(code).digest("base64url") },
    sendVerificationOTP: async ({ email, otp }) => sendCode(email, otp),
  });
  return plugin as BetterAuthPlugin;
}

/** Passkeys that need no address typed and that verify their human, because nothing else does (WebAuthn, UV). */
function passkeyPlugin(publicUrl: string): BetterAuthPlugin {
  const plugin = passkey({
    rpID: new URL(publicUrl).hostname,
    origin: publicUrl,
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    registration: { afterVerification: async ({ verification }) => assertUserVerified(verification.registrationInfo) },
    authentication: {
      afterVerification: async ({ verification }) => assertUserVerified(verification.authenticationInfo),
    },
  });
  return plugin as BetterAuthPlugin;
}

function assertUserVerified(info: { readonly userVerified: boolean } | undefined): void {
  if (info?.userVerified !== true) throw new APIError("BAD_REQUEST", { message: "the human was not verified" });
}

function providerPlugin({ config, directory, grants, clock }: AuthOptionsInput): BetterAuthPlugin {
  const { publicUrl, hostKey } = config;
  const plugin = oauthProvider({
    loginPage: "/sign-in",
    consentPage: "/consent",
    scopes: [...scopes],
    // Resources come and go with the policy; who may use which server is for consent to say, not for registration.
    enforcePerClientResources: false,
    allowDynamicClientRegistration: true,
    allowUnauthenticatedClientRegistration: true,
    grantTypes: ["authorization_code", "refresh_token"],
    accessTokenExpiresIn: accessTokenSeconds,
    refreshTokenExpiresIn: refreshTokenSeconds,
    refreshTokenReuseInterval: refreshReuseSeconds,
    storeTokens: { hash: async (token) => digest(token) },
    storeClientSecret: { hash: async (secret) => digest(secret) },
    prefix: { refreshToken: refreshTokenPrefix, opaqueAccessToken: opaqueTokenPrefix },
    postLogin: {
      page: "/consent",
      shouldRedirect: async () => grantContext.getStore() === undefined,
      consentReferenceId: async () => grantContext.getStore()?.connectionId,
    },
    customAccessTokenClaims: createTokenClaims({ publicUrl, hostKey, grants, directory, clock }),
  });
  // The library's own types disagree under exactOptionalPropertyTypes (optional fields of its OpenAPI descriptions).
  return plugin as BetterAuthPlugin;
}
