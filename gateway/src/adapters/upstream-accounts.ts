/** Humans at upstream servers: put together of tokens, sign-ins under way and what the servers offer. */
import { randomBytes } from "node:crypto";
import { validateAuthorizationResponseIssuer } from "@modelcontextprotocol/client";
import { isDynamicServerKey } from "@permit-mcp-gateway/policies";
import type { FastifyBaseLogger } from "fastify";
import type { HostSettings, HumanDirectory, ServerSettings } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";
import type { Secrets } from "../deps/secrets.ts";
import type { TokenRefresh } from "../deps/telemetry.ts";
import type { Upstream } from "../deps/upstream.ts";
import type {
  OfferedTools,
  UpstreamAccounts,
  UpstreamOwner,
  UpstreamSignInAnswer,
  UpstreamTokens,
} from "../deps/upstream-accounts.ts";
import { digest, sameText } from "../digest.ts";
import { GatewayError } from "../errors.ts";
import { nameOfEntry } from "../mcp/tool-definition.ts";
import type { ToolPins } from "../mcp/tool-pins.ts";
import type { GuardHooks } from "./address-guard.ts";
import type { Database } from "./database.ts";
import type { KeyWrapping } from "./key-wrapping.ts";
import { createSealedValues } from "./sealed-values.ts";
import { createUpstreamClientRows } from "./upstream-client-rows.ts";
import { asOAuthServer, failed } from "./upstream-discovery.ts";
import { createUpstreamOAuth } from "./upstream-oauth.ts";
import { signInNeeded } from "./upstream-oauth-problem.ts";
import { createUpstreamSignInRows, type PendingSignIn } from "./upstream-sign-in-rows.ts";
import { createUpstreamTokenRows } from "./upstream-token-rows.ts";
import { createUpstreamTokens } from "./upstream-tokens.ts";
import { readOfferedTools, ScopeRefusedError, TokenRefusedError } from "./upstream-tool-list.ts";

export interface UpstreamAccountsOptions {
  readonly publicUrl: string;
  readonly hostKey: string;
  readonly database: Database;
  readonly wrapping: KeyWrapping;
  readonly directory: HumanDirectory;
  readonly secrets: Secrets;
  readonly upstream: Upstream;
  /** The headers by which a server knows the gateway and the human, beside the human's own token. */
  readonly credentialsOf: (server: ServerSettings, email: string) => Promise<Record<string, string>>;
  /** Is told what the server says of its tools. */
  readonly pins: ToolPins;
  readonly hooks?: GuardHooks;
  /** Is told of each attempt to refresh a token at a server. */
  readonly onRefresh?: (server: string, outcome: TokenRefresh) => void;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}

/** Throws GatewayError SERVER_UNKNOWN. */
function asServer(server: ServerSettings | undefined): ServerSettings {
  if (server === undefined) throw new GatewayError("SERVER_UNKNOWN");
  return server;
}

/** Accounts for consent, and tokens for the MCP path, over the same tables. */
export function createUpstreamAccounts(options: UpstreamAccountsOptions): {
  readonly accounts: UpstreamAccounts;
  readonly tokens: UpstreamTokens;
} {
  const { publicUrl, database, directory, clock } = options;
  const sealed = createSealedValues({ ...options, host: options.hostKey });
  const rows = createUpstreamTokenRows({ database, sealed, clock });
  const signIns = createUpstreamSignInRows({ database, sealed, clock });
  const oauth = createUpstreamOAuth({ ...options, clients: createUpstreamClientRows({ database, sealed, clock }) });
  const tokens = createUpstreamTokens({ ...options, rows, oauth });
  const serverOf = async ({ userId, server }: UpstreamOwner) =>
    (await directory.settingsOf(userId)).servers.get(server);
  /** Of the settings before, so that tokens for a server that has left can still be ended there. */
  let followed: HostSettings | undefined;

  /** What the authorization server says, if it is the one that was asked (RFC 9207), as tokens or as a problem. */
  const redeem = async (pending: PendingSignIn, answer: UpstreamSignInAnswer): Promise<GatewayError | undefined> => {
    const server = asOAuthServer(await serverOf(answer));
    const { userId, code, error, iss } = answer;
    try {
      validateAuthorizationResponseIssuer({
        iss,
        expectedIssuer: pending.metadata.issuer,
        issParameterSupported: pending.metadata.authorization_response_iss_parameter_supported === true,
      });
    } catch {
      return failed(server, "The answer came from another authorization server than the one asked.", "issuer");
    }
    if (code === undefined || error !== undefined) {
      const denied = error === "access_denied";
      const why = denied ? "You, or the server, said no." : "Its authorization server refused.";
      // Of an error only the codes of RFC 6749 are passed on: the rest are words of another server.
      return failed(server, why, /^[a-z_]{1,40}$/.test(error ?? "") ? String(error) : "no code");
    }
    try {
      await tokens.save({ userId, server: server.key }, await oauth.finish(server, pending, { code, iss }));
      return undefined;
    } catch (problem) {
      if (problem instanceof GatewayError) return problem;
      throw problem;
    }
  };

  /** With a token that reaches far enough; the next sign-in asks for one. */
  const toolsOf = async (owner: UpstreamOwner, email: string) => {
    try {
      return await toolsWithToken(owner, email);
    } catch (error) {
      if (!(error instanceof ScopeRefusedError)) throw error;
      await tokens.needScope(owner, error.scope);
      throw signInNeeded(publicUrl, owner.server, error);
    }
  };
  /** With the human's token, and with another one when the server does not take it. */
  const toolsWithToken = async (owner: UpstreamOwner, email: string) => {
    const server = asServer(await serverOf(owner));
    const credentials = await options.credentialsOf(server, email);
    // No agent has its consent yet: what it lists with is a session of nobody else's, which is ended at once.
    const caller = { server, agent: { clientId: "", clientName: "", email } };
    const oauthServer = server.auth.type === "oauth";
    const token = oauthServer ? await tokens.accessToken(owner) : undefined;
    try {
      return await readOfferedTools(options.upstream, caller, credentials, token);
    } catch (error) {
      if (!(error instanceof TokenRefusedError)) throw error;
      if (token === undefined) {
        const sentence = `${server.name} asks for credentials that the policy does not say. Ask an admin.`;
        throw new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, cause: error });
      }
    }
    try {
      return await readOfferedTools(options.upstream, caller, credentials, await tokens.replace(owner, token));
    } catch (error) {
      if (!(error instanceof TokenRefusedError)) throw error;
      // It refuses what its own authorization server has just given: only another sign-in can help.
      await rows.remove(owner);
      throw signInNeeded(publicUrl, owner.server, error);
    }
  };

  const accounts: UpstreamAccounts = {
    connected: async (owner) => (await serverOf(owner))?.auth.type !== "oauth" || tokens.has(owner),
    askedForMore: async (owner) => (await tokens.wantedScope(owner)) !== undefined,
    begin: async ({ userId, server: key, browser, authorizeQuery }) => {
      const owner = { userId, server: key };
      const state = randomBytes(32).toString("base64url");
      const scope = await tokens.wantedScope(owner);
      const { url, pending } = await oauth.begin(asOAuthServer(await serverOf(owner)), { state, scope });
      await signIns.save(state, owner, { ...pending, browser: digest(browser), authorizeQuery });
      return url;
    },
    finish: async (answer) => {
      const { userId, server, browser, state } = answer;
      const found = await signIns.take(state);
      if (found === undefined) throw new GatewayError("UPSTREAM_SIGN_IN_INVALID", { detail: "state" });
      const { owner, pending } = found;
      const detail =
        (owner.server !== server && "server") ||
        (owner.userId !== userId && "human") ||
        ((browser === undefined || !sameText(pending.browser, digest(browser))) && "browser");
      if (detail) throw new GatewayError("UPSTREAM_SIGN_IN_INVALID", { detail });
      return { authorizeQuery: pending.authorizeQuery, problem: await redeem(pending, answer) };
    },
    offeredTools: async (owner, { email, requestId }): Promise<OfferedTools> => {
      const entries = await toolsOf(owner, email);
      const server = asServer(await serverOf(owner));
      const view = { server, grant: { userId: owner.userId, email }, requestId };
      await options.pins.observe(view, options.pins.begin(view), entries);
      const offered = new Set(entries.map(nameOfEntry).filter((name) => name !== undefined));
      const listed = server.tools;
      const changed = [...listed.values()].filter((tool) => options.pins.isChanged(view, tool));
      return {
        changed: changed.map(({ name }) => name).filter((name) => offered.has(name)),
        missing: [...listed.keys()].filter((name) => !offered.has(name)),
        unlisted: [...offered].filter((name) => !listed.has(name)),
      };
    },
    toolsOf,
    probe: async (server) => {
      const caller = { server, agent: { clientId: "", clientName: "", email: "" } };
      try {
        return { auth: "none", tools: await readOfferedTools(options.upstream, caller, {}, undefined) };
      } catch (error) {
        if (error instanceof TokenRefusedError || error instanceof ScopeRefusedError)
          return { auth: "oauth", tools: [] };
        throw error;
      }
    },
    forget: tokens.forget,
    forgetUnused: async () => {
      for (const owner of await rows.unused()) await tokens.forget(owner);
    },
    follow: async (settings) => {
      const before = followed;
      followed = settings;
      for (const owner of await rows.owners()) {
        const stays = isDynamicServerKey(owner.server)
          ? settings.dynamicServers !== undefined
          : settings.servers.get(owner.server)?.auth.type === "oauth";
        if (stays) continue;
        await tokens.forget(owner, before?.servers.get(owner.server));
      }
    },
    clientDocument: (key) => {
      const { servers, dynamicServers } = directory.settings();
      // The same for every key of a server that a human may have entered: whether there is one must not be told.
      const mayBe = dynamicServers !== undefined && isDynamicServerKey(key);
      return mayBe || servers.get(key)?.auth.type === "oauth" ? oauth.clientDocument({ key }) : undefined;
    },
  };
  return { accounts, tokens };
}
