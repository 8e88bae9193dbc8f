/**
 * The authorization server and the consent it asks for, as the rest of the gateway sees them. Everything about the
 * library underneath (better-auth) stays in this folder, so that it can be replaced.
 */
import type { FastifyBaseLogger, FastifyPluginAsync } from "fastify";
import type { Database } from "../adapters/database.ts";
import type { Config } from "../config.ts";
import type { Clock, ConsentFacts, GrantStore, HostDirectory, TokenVerifier } from "../deps.ts";

/** What the authorization server needs. */
export interface AuthorizationServerOptions {
  readonly config: Config;
  readonly database: Database;
  readonly directory: HostDirectory;
  readonly facts: ConsentFacts;
  readonly grants: GrantStore;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}

/** OAuth 2.1 with sign-in and consent. */
export interface AuthorizationServer extends TokenVerifier {
  /**
   * `/api/auth/*`, `/.well-known/{oauth-authorization-server,openid-configuration,oauth-protected-resource/mcp/*}`,
   * `/api/sign-in`, `/api/consent`, `/api/grants`. Register it on the root instance, without a prefix.
   */
  readonly plugin: FastifyPluginAsync;
}

/** Brings the library's tables up to date, makes the initial accounts and returns the server. Throws when it can't. */
export async function createAuthorizationServer(_options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  throw new Error("not yet");
}
