/** The tokens of humans at upstream servers, kept alive: whoever needs one gets one that lives, or is told to sign in. */
import { computeScopeUnion } from "@modelcontextprotocol/client";
import type { FastifyBaseLogger } from "fastify";
import type { HumanDirectory, ServerSettings } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";
import type { TokenRefresh } from "../deps/telemetry.ts";
import type { UpstreamOwner, UpstreamTokens } from "../deps/upstream-accounts.ts";
import { GatewayError } from "../errors.ts";
import type { Database } from "./database.ts";
import { asOAuthServer, readChallenge } from "./upstream-discovery.ts";
import type { UpstreamOAuth } from "./upstream-oauth.ts";
import { signInNeeded } from "./upstream-oauth-problem.ts";
import type { StoredUpstreamToken, UpstreamTokenRows } from "./upstream-token-rows.ts";

/** An access token that ends within this is refreshed. */
const refreshBeforeMs = 5 * 60_000;
/** After a refresh that failed while the token still lives, the next attempt. */
const retryAfterMs = 30_000;

/** Of what a server says that it needs more: it is kept, and is in the address of the next sign-in. */
const maxScopes = 50;
const maxScopeChars = 2_000;

/** The scopes in their order, as far as there is room; one that does not fit is left out. */
function boundedScope(scope: string | undefined): string | undefined {
  let kept = "";
  let count = 0;
  for (const one of scope?.split(" ") ?? []) {
    const longer = kept === "" ? one : `${kept} ${one}`;
    if (one === "" || longer.length > maxScopeChars) continue;
    kept = longer;
    count += 1;
    if (count === maxScopes) break;
  }
  return kept === "" ? undefined : kept;
}

/** With what signing in and ending access need beside the MCP path. */
export interface UpstreamTokenStore extends UpstreamTokens {
  /** True when the human has signed in there. Says nothing of whether the tokens are still taken. */
  has(owner: UpstreamOwner): Promise<boolean>;
  /** Scopes that the next sign-in asks for: those that were granted and those that the server has asked for since. */
  wantedScope(owner: UpstreamOwner): Promise<string | undefined>;
  /** The next sign-in asks for these too, as far as there is room: 50 scopes with 2,000 characters. */
  needScope(owner: UpstreamOwner, scope: string | undefined): Promise<void>;
  save(owner: UpstreamOwner, stored: StoredUpstreamToken): Promise<void>;
  /**
   * Deletes the tokens, and ends them at the authorization server where it can and answers; never throws for the latter.
   * `server` is the one of the policy of before, where it has left. False when there were none.
   */
  forget(owner: UpstreamOwner, server?: ServerSettings): Promise<boolean>;
}

export interface UpstreamTokensOptions {
  readonly publicUrl: string;
  readonly database: Pick<Database, "exclusively">;
  readonly rows: UpstreamTokenRows;
  readonly oauth: UpstreamOAuth;
  readonly directory: HumanDirectory;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  /** Is told of each attempt to refresh a token at a server. */
  readonly onRefresh?: ((server: string, outcome: TokenRefresh) => void) | undefined;
}

export function createUpstreamTokens(options: UpstreamTokensOptions): UpstreamTokenStore {
  const { publicUrl, database, rows, oauth, directory, clock, log } = options;
  const inBackground = new Map<string, Promise<void>>();
  const failedAtMs = new Map<string, number>();

  const keyOf = ({ userId, server }: UpstreamOwner) => JSON.stringify(["upstream-token", userId, server]);
  const serverOf = async ({ userId, server }: UpstreamOwner) =>
    (await directory.settingsOf(userId)).servers.get(server);
  /** Across replicas: what one changes the next one reads, so that no refresh token is ever used twice. */
  const alone = <T>(owner: UpstreamOwner, run: () => Promise<T>) => database.exclusively(keyOf(owner), run);
  const find = async (owner: UpstreamOwner) => {
    const stored = await rows.find(owner);
    if (stored === undefined) throw signInNeeded(publicUrl, owner.server);
    return stored;
  };
  const leftMs = ({ expiresAt }: StoredUpstreamToken) =>
    expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt.getTime() - clock().getTime();

  /** Refreshes unless another token than `before` is there by now. */
  const refresh = (owner: UpstreamOwner, before: string): Promise<StoredUpstreamToken> =>
    alone(owner, async () => {
      const stored = await find(owner);
      if (stored.token.accessToken !== before) return stored;
      try {
        const next = await oauth.refresh(asOAuthServer(await serverOf(owner)), stored.token);
        const { neededScope } = stored.token;
        // Kept by whoever it is for: an answer without a new refresh token leaves the old one valid (RFC 6749 section 6).
        const refreshToken = next.token.refreshToken ?? stored.token.refreshToken;
        const merged = { ...next, token: { ...next.token, refreshToken, neededScope } };
        await rows.save(owner, merged);
        options.onRefresh?.(owner.server, "refreshed");
        return merged;
      } catch (error) {
        // Nothing more comes of it. A human without tokens is asked to sign in, at once and without a request upstream.
        const over = error instanceof GatewayError && error.code === "UPSTREAM_SIGN_IN_NEEDED";
        options.onRefresh?.(owner.server, over ? "sign_in_needed" : "failed");
        if (over && leftMs(stored) <= 0) await rows.remove(owner);
        throw error;
      }
    });

  /** While the token lives nobody waits for it. */
  const refreshInBackground = (owner: UpstreamOwner, before: string): void => {
    const key = keyOf(owner);
    const lastMs = failedAtMs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (inBackground.has(key) || clock().getTime() - lastMs < retryAfterMs) return;
    const running = refresh(owner, before)
      .then(
        () => void failedAtMs.delete(key),
        (error: unknown) => {
          failedAtMs.set(key, clock().getTime());
          const code = error instanceof GatewayError ? error.code : "INTERNAL";
          log.info({ server: owner.server, code }, "an upstream token could not be refreshed yet");
        },
      )
      .finally(() => inBackground.delete(key));
    inBackground.set(key, running);
  };

  const needScope = (owner: UpstreamOwner, scope: string | undefined): Promise<void> =>
    alone(owner, async () => {
      const stored = await rows.find(owner);
      if (stored === undefined || scope === undefined) return;
      const neededScope = boundedScope(computeScopeUnion(stored.token.neededScope, scope));
      if (neededScope === stored.token.neededScope) return;
      await rows.save(owner, { ...stored, token: { ...stored.token, neededScope } });
    });

  return {
    accessToken: async (owner) => {
      const stored = await find(owner);
      const { accessToken, refreshToken } = stored.token;
      const left = leftMs(stored);
      if (left <= 0) return (await refresh(owner, accessToken)).token.accessToken;
      if (left <= refreshBeforeMs && refreshToken !== undefined) refreshInBackground(owner, accessToken);
      return accessToken;
    },
    replace: async (owner, rejected) => {
      const next = await refresh(owner, rejected).catch(async (error: unknown) => {
        // The server takes the access token no more and the authorization server gives no other.
        if (error instanceof GatewayError && error.code === "UPSTREAM_SIGN_IN_NEEDED") await rows.remove(owner);
        throw error;
      });
      return next.token.accessToken;
    },
    noteScopes: async (owner, challenge) => {
      const { error, scope } = readChallenge(403, challenge);
      if (error !== "insufficient_scope") return false;
      await needScope(owner, scope);
      return true;
    },
    needScope,
    has: async (owner) => (await rows.find(owner)) !== undefined,
    wantedScope: async (owner) => {
      const { scope, neededScope } = (await rows.find(owner))?.token ?? {};
      return neededScope === undefined ? undefined : computeScopeUnion(scope, neededScope);
    },
    save: (owner, stored) => alone(owner, () => rows.save(owner, stored)),
    forget: (owner, before) =>
      alone(owner, async () => {
        const stored = await rows.find(owner).catch(() => undefined);
        const removed = await rows.remove(owner);
        const server = before ?? (await serverOf(owner));
        if (stored === undefined || server?.auth.type !== "oauth") return removed;
        await oauth.revoke(asOAuthServer(server), stored.token).catch((error: unknown) => {
          const code = error instanceof GatewayError ? error.code : "INTERNAL";
          log.warn(
            { server: owner.server, code },
            "an upstream token could not be revoked at its authorization server",
          );
        });
        return removed;
      }),
  };
}
