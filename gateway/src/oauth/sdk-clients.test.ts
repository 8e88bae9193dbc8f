/** The clients in the field, as they are: both generations of the MCP SDK, and a client known by its metadata document. */
import {
  auth as authV2,
  Client,
  type OAuthDiscoveryState,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { auth as authV1 } from "@modelcontextprotocol/sdk/client/auth.js";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { TestClient, tokensOf } from "./testing/test-client.ts";
import { TestHost } from "./testing/test-host.ts";

const documentUrl = "https://client.example.com/oauth/client.json";
let document: Record<string, unknown>;
let documentFetches = 0;
let host: TestHost;

beforeAll(async () => {
  host = await TestHost.start(await openMemoryDatabase(), {
    fetchClientMetadata: async () => {
      documentFetches += 1;
      return Response.json(document);
    },
  });
});
afterAll(() => host.close());

/** What both SDKs ask of an application (`OAuthClientProvider`), in memory. */
class Application {
  readonly redirectUrl = "http://127.0.0.1:33418/callback";
  readonly clientMetadata = {
    client_name: "SDK client",
    redirect_uris: [this.redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  authorizationUrl: URL | undefined;
  client: { client_id: string } | undefined;
  saved: { access_token: string; token_type: string; refresh_token?: string | undefined } | undefined;
  #verifier = "";
  #discovery: OAuthDiscoveryState | undefined;

  state = () => "state";
  clientInformation = () => this.client;
  saveClientInformation = (client: { client_id: string }) => {
    this.client = client;
  };
  tokens = () => this.saved;
  saveTokens = (tokens: NonNullable<Application["saved"]>) => {
    this.saved = tokens;
  };
  redirectToAuthorization = (url: URL) => {
    this.authorizationUrl = url;
  };
  saveCodeVerifier = (verifier: string) => {
    this.#verifier = verifier;
  };
  codeVerifier = () => this.#verifier;
  saveDiscoveryState = (state: OAuthDiscoveryState) => {
    this.#discovery = state;
  };
  discoveryState = () => this.#discovery;

  async approve(): Promise<URL> {
    if (this.authorizationUrl === undefined) throw new Error("the client asked for no authorization");
    return host.human("lead").authorize(this.authorizationUrl, "issues", "medium");
  }
}

test("SDK 2.x: from 401 to a session, and a refresh", async () => {
  const application = new Application();
  const url = new URL(`${host.publicUrl}/mcp/issues`);
  const transport = new StreamableHTTPClientTransport(url, { authProvider: application });
  const client = new Client({ name: "test", version: "1.0.0" });
  await expect(client.connect(transport)).rejects.toThrow(UnauthorizedError);
  const callback = await application.approve();
  await transport.finishAuth(callback.searchParams);
  await host.server.verifyToken(application.saved?.access_token ?? "", "issues");

  const before = application.saved;
  expect(await authV2(application, { serverUrl: url })).toBe("AUTHORIZED");
  expect(application.saved?.refresh_token).toMatch(/^gwrt_/);
  expect(application.saved?.refresh_token).not.toBe(before?.refresh_token);
});

test("SDK 2.x steps up: a token without the scope for calls has it authorize again, with that scope too", async () => {
  const byHand = new TestClient(host.publicUrl);
  await byHand.register();
  const human = host.human("lead");
  const narrow = byHand.authorizationUrl("issues", { scope: "offline_access" });
  const { access, refresh } = tokensOf(await byHand.exchange(await human.authorize(narrow, "issues", "medium")));
  expect(decodeJwt(access).scope).toBe("offline_access");

  const application = new Application();
  application.client = { client_id: byHand.clientId };
  application.saved = { access_token: access, token_type: "Bearer", refresh_token: refresh };
  const url = new URL(`${host.publicUrl}/mcp/issues`);
  const transport = new StreamableHTTPClientTransport(url, { authProvider: application });
  const client = new Client({ name: "test", version: "1.0.0" });
  await expect(client.connect(transport)).rejects.toThrow(UnauthorizedError);
  expect(application.authorizationUrl?.searchParams.get("scope")?.split(" ").sort()).toEqual(["mcp", "offline_access"]);
  await transport.finishAuth((await application.approve()).searchParams);
  const stepped = application.saved?.access_token ?? "";
  await host.server.verifyToken(stepped, "issues");
  await expect(host.server.verifyToken(access, "issues")).rejects.toMatchObject({ code: "SCOPE_MISSING" });
});

test("a request without a scope gets all of them, and one that refreshes can't add any", async () => {
  const client = new TestClient(host.publicUrl);
  await client.register();
  const human = host.human("lead");
  const all = client.authorizationUrl("issues", { scope: undefined });
  const { access } = tokensOf(await client.exchange(await human.authorize(all, "issues", "low")));
  await host.server.verifyToken(access, "issues");
  const narrow = client.authorizationUrl("issues", { scope: "offline_access" });
  const { refresh } = tokensOf(await client.exchange(await human.authorize(narrow, "issues", "low")));
  expect(await client.refresh(refresh, { scope: "mcp offline_access" })).toMatchObject({
    body: { error: "invalid_scope" },
  });
});

test("SDK 1.x: discovery, registration, code and refresh", async () => {
  const application = new Application();
  const serverUrl = `${host.publicUrl}/mcp/issues`;
  expect(await authV1(application, { serverUrl })).toBe("REDIRECT");
  const callback = await application.approve();
  const authorizationCode = callback.searchParams.get("code") ?? "";
  expect(await authV1(application, { serverUrl, authorizationCode })).toBe("AUTHORIZED");
  await host.server.verifyToken(application.saved?.access_token ?? "", "issues");

  const before = application.saved;
  expect(await authV1(application, { serverUrl })).toBe("AUTHORIZED");
  expect(application.saved?.refresh_token).not.toBe(before?.refresh_token);
});

test("a client known by its metadata document needs no registration, and may vary its loopback port", async () => {
  document = {
    client_id: documentUrl,
    client_name: "Document client",
    redirect_uris: ["http://127.0.0.1/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  const client = new TestClient(host.publicUrl);
  client.clientId = documentUrl;
  const human = host.human("lead");
  const query = await human.openConsent(client.authorizationUrl("issues"));
  expect((await human.consentView(query)).client).toEqual({
    id: documentUrl,
    name: "Document client",
    redirectHost: "127.0.0.1:33418",
  });
  const callback = await human.authorize(client.authorizationUrl("issues"), "issues", "low");
  const tokens = tokensOf(await client.exchange(callback));
  expect((await host.server.verifyToken(tokens.access, "issues")).clientId).toBe(documentUrl);
  expect((await client.refresh(tokens.refresh)).status).toBe(200);
  expect(documentFetches).toBe(1);
});

test.each([
  ["another client's", { client_id: "https://other.example.com/client.json" }],
  ["no redirect URI of the request in it", { redirect_uris: ["https://client.example.com/callback"] }],
])("a metadata document with %s is refused", async (_what, changes) => {
  const url = `https://client.example.com/${Math.random()}.json`;
  document = {
    client_id: url,
    client_name: "Document client",
    redirect_uris: ["http://127.0.0.1/callback"],
    token_endpoint_auth_method: "none",
    ...changes,
  };
  const client = new TestClient(host.publicUrl);
  client.clientId = url;
  const { location, body } = await host.human("lead").get(client.authorizationUrl("issues").href);
  expect(location ?? body.url ?? body.error).not.toMatch(/^http:\/\/127\.0\.0\.1|sign-in/);
});

test.each(["https://127.0.0.1/client.json", "https://169.254.169.254/client.json", "http://client.example.com/c.json"])(
  "%s as a client id is never fetched",
  async (clientId) => {
    const before = documentFetches;
    const client = new TestClient(host.publicUrl);
    client.clientId = clientId;
    await host.human("lead").get(client.authorizationUrl("issues").href);
    expect(documentFetches).toBe(before);
  },
);
