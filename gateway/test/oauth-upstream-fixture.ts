/** An MCP server behind a real authorization server (`oidc-provider`), whose human is always signed in and says yes. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type NodeIncomingMessageLike, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { type Configuration, Provider } from "oidc-provider";
import { keepSecrets } from "../testing/test-log.ts";
import { createTools, listen } from "./upstream-fixture.ts";

export interface OAuthUpstreamOptions {
  /** Whether clients may register themselves. */
  readonly registration?: boolean;
  readonly clients?: NonNullable<Configuration["clients"]>;
  /** Seconds for which an access token lives. */
  readonly accessTokenSeconds?: number;
}

export interface OAuthUpstream {
  readonly url: string;
  readonly issuer: string;
  /** Tools that ran. */
  readonly ran: string[];
  /** Method and path of each request to the authorization server. */
  readonly asked: string[];
  /** `Authorization` of each request to the MCP server. */
  readonly presented: (string | undefined)[];
  /** Ends every access token at the MCP server, whatever the authorization server says. */
  refuseTokens: boolean;
  /** The MCP server's answer to a tool call, instead of running it. */
  answerCall: ((response: ServerResponse) => void) | undefined;
  /** Changes what the authorization server says of itself. */
  changeMetadata: (metadata: Record<string, unknown>) => Record<string, unknown>;
  /** Changes what the MCP server says of itself. */
  changeResource: (metadata: Record<string, unknown>) => Record<string, unknown>;
  /** What the human at the authorization server does. */
  human: "agrees" | "denies";
  /** Runs while the human is at the authorization server. */
  whileThere: () => void;
  /** Runs before each token request is answered. */
  beforeToken: () => Promise<void>;
  /** Ends all that was granted. */
  endGrants(): void;
  close(): Promise<void>;
}

const scopes = "mcp";

export async function startOAuthUpstream(options: OAuthUpstreamOptions = {}): Promise<OAuthUpstream> {
  const ran: string[] = [];
  const mcp = toNodeHandler(createMcpHandler(() => createTools(ran)));
  // The provider must know its address, which is known once something listens there.
  let answerOAuth: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const listening = await listen((request, response) => {
    const path = request.url?.split("?")[0] ?? "";
    if (path === "/mcp" || path.startsWith("/.well-known/oauth-protected-resource")) {
      void answerResource(request, response, path).catch((error: unknown) => response.destroy(error as Error));
    } else answerOAuth(request, response);
  });
  const issuer = new URL(listening.url).origin;
  const resource = listening.url;
  const ended = new Set<string>();
  const provider = new Provider(issuer, {
    clients: [...(options.clients ?? [])],
    scopes: ["openid", "offline_access", scopes],
    ttl: {
      AccessToken: options.accessTokenSeconds ?? 3600,
      ...{ AuthorizationCode: 60, RefreshToken: 86_400, Grant: 86_400, Session: 86_400, Interaction: 86_400 },
    },
    pkce: { required: () => true },
    // A refresh token is good for once; the second use ends the whole grant.
    rotateRefreshToken: true,
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: options.registration ?? true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: scopes, accessTokenFormat: "opaque" }),
        useGrantedResource: () => true,
      },
    },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  });
  const oauth = provider.callback();

  const decide = async (request: IncomingMessage, response: ServerResponse) => {
    const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
    fixture.whileThere();
    if (fixture.human === "denies") {
      return provider.interactionFinished(request, response, { error: "access_denied" });
    }
    if (prompt.name === "login") {
      return provider.interactionFinished(request, response, { login: { accountId: "someone" } });
    }
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    const grant =
      known ?? new provider.Grant({ accountId: String(session?.accountId), clientId: String(params.client_id) });
    grant.addOIDCScope(`openid offline_access ${scopes}`);
    grant.addResourceScope(resource, String(params.scope ?? scopes));
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  };

  answerOAuth = (request, response) => {
    const path = request.url?.split("?")[0] ?? "";
    fixture.asked.push(`${request.method} ${path}`);
    const answer = async () => {
      if (path.startsWith("/interaction/")) return decide(request, response);
      if (path === "/token") await fixture.beforeToken();
      if (path !== "/.well-known/openid-configuration" && path !== "/.well-known/oauth-authorization-server") {
        return oauth(request, response);
      }
      const { headers } = request;
      const found = await fetch(`${issuer}/.well-known/openid-configuration`, {
        headers: { ...headers, inner: "yes" } as never,
      });
      return send(response, 200, fixture.changeMetadata((await found.json()) as Record<string, unknown>));
    };
    if (request.headers.inner === "yes") return void oauth(request, response);
    answer().catch((error: unknown) => response.destroy(error as Error));
  };

  async function answerResource(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (path !== "/mcp") {
      if (path !== "/.well-known/oauth-protected-resource/mcp") return send(response, 404, {});
      const own = { resource, authorization_servers: [issuer], scopes_supported: [scopes] };
      return send(response, 200, fixture.changeResource(own));
    }
    const { authorization } = request.headers;
    fixture.presented.push(authorization);
    const token = authorization?.replace(/^Bearer /, "");
    if (token !== undefined) keepSecrets([token]);
    const found = token === undefined ? undefined : await provider.AccessToken.find(token);
    const valid = found !== undefined && !fixture.refuseTokens && !ended.has(found.grantId ?? "");
    if (!valid) {
      const metadata = `${issuer}/.well-known/oauth-protected-resource/mcp`;
      response.setHeader("www-authenticate", `Bearer resource_metadata="${metadata}", scope="${scopes}"`);
      return send(response, 401, { error: "invalid_token" });
    }
    if (fixture.answerCall !== undefined && request.headers["mcp-method"] === "tools/call") {
      return fixture.answerCall(response);
    }
    await mcp(request as NodeIncomingMessageLike, response);
  }

  provider.on("grant.success", ({ body }) => keepSecrets(tokensIn(body)));
  const fixture: OAuthUpstream = {
    url: resource,
    issuer,
    ran,
    asked: [],
    presented: [],
    refuseTokens: false,
    answerCall: undefined,
    changeMetadata: (metadata) => metadata,
    changeResource: (metadata) => metadata,
    human: "agrees",
    whileThere: () => undefined,
    beforeToken: async () => undefined,
    endGrants: () => undefined,
    close: listening.close,
  };
  const grants = new Set<string>();
  provider.on("grant.success", ({ oidc }) => grants.add(oidc.entities.Grant?.jti ?? ""));
  fixture.endGrants = () => {
    for (const grant of grants) {
      ended.add(grant);
      void provider.Grant.find(grant).then((found) => found?.destroy());
    }
  };
  return fixture;
}

function tokensIn(body: unknown): string[] {
  const { access_token: access, refresh_token: refresh } = body as Record<string, unknown>;
  return [access, refresh].filter((token) => typeof token === "string");
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
