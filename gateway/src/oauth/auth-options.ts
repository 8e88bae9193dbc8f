import { type CimdOptions, cimd } from "@better-auth/cimd";
import { oauthProvider } from "@better-auth/oauth-provider";
import type { BetterAuthOptions, BetterAuthPlugin } from "better-auth";
import { jwt } from "better-auth/plugins";
import type { FastifyBaseLogger } from "fastify";
import type { Database } from "../adapters/database.ts";
import type { Config } from "../config.ts";
import type { Clock, GrantStore, HostDirectory } from "../deps.ts";
import { assertAdmitted } from "../sign-in-domains.ts";
import { grantContext } from "./grant-context.ts";
import { createTokenClaims } from "./token-claims.ts";
import {
  accessTokenSeconds,
  opaqueTokenPrefix,
  refreshReuseSeconds,
  refreshTokenPrefix,
  refreshTokenSeconds,
  tokenHash,
} from "./token-format.ts";

/** Below this path the library's own endpoints are. */
export const libraryPath = "/api/auth";

/**
 * Scopes of this authorization server. No `openid`: nothing here needs an ID token, and without it no client learns
 * more of a human than that they consented.
 */
export const scopes = ["mcp", "offline_access"] as const;

/** What the library is set up from. */
export interface AuthOptionsInput {
  readonly config: Pick<Config, "publicUrl" | "hostKey" | "authSecret">;
  readonly database: Database;
  readonly directory: HostDirectory;
  readonly grants: GrantStore;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  /** Fetches a Client ID Metadata Document. Must refuse private addresses and redirects. */
  readonly fetchClientMetadata: CimdOptions["fetchClientMetadataResource"];
}

/** better-auth's options. Build them afresh for each instance: its plugins keep state in themselves. */
export function authOptions(input: AuthOptionsInput): BetterAuthOptions {
  const { config, database, log } = input;
  const { publicUrl } = config;
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
    // Where every method of signing in ends, after the proof and not before it: nobody learns which addresses exist.
    databaseHooks: {
      session: {
        create: {
          before: async ({ userId }, context) => {
            const user = await context?.context.internalAdapter.findUserById(userId);
            assertAdmitted(input.directory.settings(), user?.email ?? "");
          },
        },
      },
    },
    emailAndPassword: {
      enabled: true,
      // Whoever could make an account for an address would get what the policy grants to that address.
      disableSignUp: true,
      requireEmailVerification: true,
    },
    plugins: [
      jwt({ jwks: { keyPairConfig: { alg: "EdDSA", crv: "Ed25519" } }, jwt: { issuer: publicUrl } }),
      providerPlugin(input),
      cimd({ fetchClientMetadataResource: input.fetchClientMetadata, metadataProfile: "mcp-2026-07-28" }),
    ],
  };
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
    storeTokens: { hash: async (token) => tokenHash(token) },
    prefix: { refreshToken: refreshTokenPrefix, opaqueAccessToken: opaqueTokenPrefix },
    postLogin: {
      page: "/consent",
      shouldRedirect: async () => grantContext.getStore() === undefined,
      consentReferenceId: async () => grantContext.getStore()?.grantId,
    },
    customAccessTokenClaims: createTokenClaims({ publicUrl, hostKey, grants, directory, clock }),
  });
  // The library's own types disagree under exactOptionalPropertyTypes (optional fields of its OpenAPI descriptions).
  return plugin as BetterAuthPlugin;
}
