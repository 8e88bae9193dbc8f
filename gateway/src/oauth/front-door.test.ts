import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { TestClient, tokensOf } from "./testing/test-client.ts";
import { TestHost } from "./testing/test-host.ts";
import { toAnswer } from "./testing/test-human.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start(await openMemoryDatabase());
});
afterAll(() => host.close());

const get = async (path: string, headers: Record<string, string> = {}) =>
  toAnswer(await fetch(new URL(path, host.publicUrl), { headers, redirect: "manual" }));

const registered = async (changes: Record<string, unknown> = {}, redirectUri?: string) => {
  const client = new TestClient(host.publicUrl, redirectUri);
  await client.register(changes);
  return client;
};

/** A browser going to an address. `fetch` can't do that: it says `sec-fetch-mode: cors` and sends the URL's own host. */
function navigate(url: URL | string, hostHeader?: string): Promise<{ status: number; location: string }> {
  const headers = { accept: "text/html", ...(hostHeader === undefined ? {} : { host: hostHeader }) };
  return new Promise((resolve, reject) => {
    const request = httpRequest(new URL(url, host.publicUrl), { headers }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? "" });
    });
    request.on("error", reject);
    request.end();
  });
}

describe("discovery", () => {
  test("the authorization server's metadata (RFC 8414) names what is open, and nothing else", async () => {
    const { status, body } = await get("/.well-known/oauth-authorization-server");
    const auth = `${host.publicUrl}/api/auth`;
    expect(status).toBe(200);
    expect(body).toMatchObject({
      issuer: host.publicUrl,
      authorization_endpoint: `${auth}/oauth2/authorize`,
      token_endpoint: `${auth}/oauth2/token`,
      registration_endpoint: `${auth}/oauth2/register`,
      revocation_endpoint: `${auth}/oauth2/revoke`,
      jwks_uri: `${auth}/jwks`,
      scopes_supported: ["mcp", "offline_access"],
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code", "refresh_token"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    });
    expect(Object.keys(body).filter((name) => /userinfo|end_session/.test(name))).toEqual([]);
    const openid = await get("/.well-known/openid-configuration");
    expect(openid.body).toMatchObject(body);
  });

  test("the protected resource's metadata (RFC 9728) exists for servers of the host only", async () => {
    const { body } = await get("/.well-known/oauth-protected-resource/mcp/issues");
    expect(body).toEqual({
      resource: `${host.publicUrl}/mcp/issues`,
      resource_name: "The issues server",
      authorization_servers: [host.publicUrl],
      scopes_supported: ["mcp", "offline_access"],
      bearer_methods_supported: ["header"],
    });
    expect(await get("/.well-known/oauth-protected-resource/mcp/none")).toMatchObject({
      status: 404,
      body: { error: "SERVER_UNKNOWN" },
    });
  });

  test("clients in browsers may call what clients call, without credentials, and not what humans call", async () => {
    const origin = "https://client.example.com";
    for (const path of ["/.well-known/oauth-authorization-server", "/api/auth/jwks"]) {
      const { headers } = await get(path, { origin });
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
    }
    for (const path of ["/api/auth/oauth2/token", "/api/auth/oauth2/register", "/api/auth/oauth2/revoke"]) {
      const preflight = await fetch(new URL(path, host.publicUrl), { method: "OPTIONS", headers: { origin } });
      expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
    }
    for (const path of ["/api/consent?a=b", "/api/grants", "/api/account"]) {
      expect((await get(path, { origin })).headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  test("another host name is 421, whatever the path", async () => {
    for (const path of ["/.well-known/oauth-authorization-server", "/api/auth/jwks", "/api/sign-in"]) {
      expect((await navigate(path, "attacker.example.com")).status).toBe(421);
      expect((await navigate(path)).status).toBe(200);
    }
  });
});

describe("sign-in", () => {
  test("the page learns what is on, and what is off is off", async () => {
    expect((await get("/api/sign-in")).body).toMatchObject({ host: { name: "Demo host" }, methods: ["password"] });
    await host.directory.change({ host: { sign_in: { password: { enabled: false } } } });
    expect((await get("/api/sign-in")).body).toMatchObject({ methods: [] });
    expect(await host.human("lead").signIn()).toMatchObject({ status: 403, body: { error: "SIGN_IN_METHOD_OFF" } });
    await host.directory.change();
    expect((await host.human("lead").signIn()).status).toBe(200);
  });

  test("an address of a domain that is not admitted: no session, and no hint to whoever has no password", async () => {
    const early = host.human("lead");
    const sessions = () => host.count("session");
    await early.signIn();
    const { client, tokens } = await host.connect(host.human("lead"), "low");
    const query = await early.openConsent(client.authorizationUrl("issues"));
    const before = await sessions();
    await host.directory.change({ host: { sign_in: { domains: ["example.org"], password: { enabled: true } } } });
    try {
      const refusal = { status: 403, body: { error: "EMAIL_DOMAIN_FORBIDDEN" } };
      const late = host.human("lead");
      const answer = await late.signIn();
      expect(answer).toMatchObject(refusal);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect((await late.get("/api/grants")).status).toBe(401);
      expect(await sessions()).toBe(before);
      const guess = { email: late.email, password: "wrong horse battery" };
      expect((await late.post("/api/auth/sign-in/email", guess)).status).toBe(401);

      // Who was signed in before is out as well, with every door that a session or a token opens.
      expect(await early.get("/api/grants")).toMatchObject(refusal);
      expect(await early.get(`/api/consent?${query}`)).toMatchObject(refusal);
      const consent = { accept: true, query, servers: [{ server: "issues", level: "low" }] } as const;
      const grants = await host.count("gateway_grant");
      expect(await early.answerConsent(consent)).toMatchObject(refusal);
      expect(await host.count("gateway_grant")).toBe(grants);
      expect(await client.refresh(tokens.refresh)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    } finally {
      await host.directory.change();
    }
    expect((await host.human("lead").signIn()).status).toBe(200);
  });

  test("attempts are limited as the policy says at the time", async () => {
    const limits = (max: number) => ({ host: { rate_limits: { signIn: { max, windowSeconds: 60 } } } });
    host.time.aheadMs = 3_600_000;
    await host.directory.change(limits(2));
    const human = host.human("lead");
    const statuses = [(await human.signIn()).status, (await human.signIn()).status];
    const refused = await human.signIn();
    expect([...statuses, refused.status, refused.body.error]).toEqual([200, 200, 429, "rate_limited"]);
    await host.directory.change(limits(4));
    expect((await human.signIn()).status).toBe(200);
    await host.directory.change();
    host.time.aheadMs = 0;
  });

  test("a wrong password and an unknown address get the same answer and no session", async () => {
    const human = host.human("lead");
    const body = { email: human.email, password: "wrong horse battery" };
    const wrong = await human.post("/api/auth/sign-in/email", body);
    const unknown = await human.post("/api/auth/sign-in/email", { ...body, email: "nobody@example.com" });
    expect(wrong).toMatchObject({ status: 401, body: unknown.body });
    expect((await human.get("/api/grants")).status).toBe(401);
  });

  test("another site can't sign a human in as somebody of its choice", async () => {
    const human = host.human("lead");
    const { email, password } = human;
    for (const origin of ["https://attacker.example.com", "null"]) {
      const answer = await human.post("/api/auth/sign-in/email", { email, password }, { origin });
      expect(answer).toMatchObject({ status: 403, body: { error: "ORIGIN_FORBIDDEN" } });
    }
    expect((await human.get("/api/grants")).status).toBe(401);
  });

  test("a callback to another site is refused: no open redirect", async () => {
    const human = host.human("lead");
    const { email, password } = human;
    for (const callbackURL of ["https://attacker.example.com", "//attacker.example.com", "/\\attacker.example.com"]) {
      const answer = await human.post("/api/auth/sign-in/email", { email, password, callbackURL });
      expect([answer.status, answer.location]).toEqual([400, null]);
    }
  });

  test("nobody makes an account over HTTP", async () => {
    const before = await host.count("user");
    const human = host.human("lead");
    const account = { email: "admin@example.com", password: "correct horse battery", name: "Admin" };
    for (const path of ["/api/auth/sign-up/email", "/api/auth/sign-up/email/", "/api/auth//sign-up/email"]) {
      expect((await human.post(path, account)).status).toBe(404);
    }
    expect(await host.count("user")).toBe(before);
  });

  test.each([
    "/api/auth/oauth2/consent",
    "/api/auth/oauth2/continue",
    "/api/auth/oauth2/create-client",
    "/api/auth/oauth2/update-client",
    "/api/auth/oauth2/update-consent",
    "/api/auth/admin/oauth2/resources",
    "/api/auth/update-user",
    "/api/auth/change-email",
    "/api/auth/token",
    "/api/auth/sso/register",
    "/api/auth/oauth2%2Fcreate-client",
  ])("%s of the library is closed, also to a signed-in human", async (path) => {
    const human = host.human("lead");
    await human.signIn();
    expect((await human.post(path, {})).status).toBe(404);
    expect((await human.get(path)).status).toBe(404);
  });
});

describe("registration (RFC 7591)", () => {
  test.each([
    [["http://127.0.0.1:33418/callback"]],
    [["http://localhost/callback", "https://editor.example.com/redirect"]],
    [["https://client.example.com/callback"]],
    [["cursor://anysphere.cursor-mcp/oauth/callback"]],
    [["com.example.app:/callback", "http://127.0.0.1/"]],
  ])("%s is taken without application_type", async (redirectUris) => {
    const client = new TestClient(host.publicUrl);
    const { status, body } = await client.register({ redirect_uris: redirectUris });
    expect([status, body.redirect_uris]).toEqual([201, redirectUris]);
    expect(body.client_secret).toBeUndefined();
  });

  test.each([
    [["http://attacker.example.com/callback"]],
    [["https://client.example.com/callback", "http://attacker.example.com/callback"]],
    [["javascript://client.example.com/%0aalert(1)"]],
    [["https://client.example.com/callback#fragment"]],
    [["https://user:password@client.example.com/callback"]],
    [["cursor:callback"]],
    [[42]],
  ])("%s is refused", async (redirectUris) => {
    const before = await host.count("oauthClient");
    const client = new TestClient(host.publicUrl);
    const answer = await client.register({ redirect_uris: redirectUris });
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_redirect_uri" } });
    expect(await host.count("oauthClient")).toBe(before);
  });

  test("from a page of another site does not count as the signed-in human's", async () => {
    const human = host.human("lead");
    await human.signIn();
    const body = { redirect_uris: ["http://127.0.0.1/"], token_endpoint_auth_method: "none" };
    const answer = await human.post("/api/auth/oauth2/register", body, { origin: "https://client.example.com" });
    expect(answer.status).toBe(201);
    const clients = await host.database.kysely
      .selectFrom("oauthClient" as "gateway_grant")
      .select("userId" as "user_id")
      .where("clientId" as "client_id", "=", String(answer.body.client_id))
      .execute();
    expect(clients).toEqual([{ userId: null }]);
  });

  test("scopes and grant types we don't have are left out, not refused", async () => {
    const { status, body } = await new TestClient(host.publicUrl).register({
      scope: "openid mcp",
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    });
    expect(status).toBe(201);
    expect(body.grant_types).toEqual(["authorization_code", "refresh_token"]);
    expect(String(body.scope)).not.toContain("openid");
  });

  test("what is no registration is an OAuth error", async () => {
    const nul = '{"client_name":"a\\u0000b","redirect_uris":["http://127.0.0.1/"]}';
    for (const body of ["", "[]", "null", "not json", "{}", '{"redirect_uris":[]}', nul]) {
      const response = await fetch(new URL("/api/auth/oauth2/register", host.publicUrl), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect([body, response.status]).toEqual([body, 400]);
    }
  });

  test("a client with an application's own scheme goes through the whole flow", async () => {
    const client = await registered({}, "cursor://anysphere.cursor-mcp/oauth/callback");
    const callback = await host.human("lead").authorize(client.authorizationUrl("issues"), "issues", "low");
    expect(callback.href).toMatch(/^cursor:\/\/anysphere\.cursor-mcp\/oauth\/callback\?/);
    await host.server.verifyToken(tokensOf(await client.exchange(callback)).access, "issues");
  });
});

describe("the authorization endpoint", () => {
  test("an unregistered redirect URI or client ends on our own error page, never at the URI", async () => {
    const client = await registered();
    for (const changes of [
      { redirect_uri: "https://attacker.example.com/callback" },
      { redirect_uri: "http://127.0.0.1:33418/other" },
      { client_id: "unknown" },
    ]) {
      const { status, location } = await navigate(client.authorizationUrl("issues", changes));
      expect(status).toBe(302);
      expect(location).toMatch(new RegExp(`^${host.publicUrl}/error\\?`));
    }
  });

  test.each([
    ["plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
    ["no PKCE", { code_challenge: undefined, code_challenge_method: undefined }, "invalid_request"],
    ["the implicit flow", { response_type: "token" }, undefined],
    ["another host's resource", { resource: "https://other.example.com/mcp/issues" }, "invalid_target"],
    ["a server that does not exist", { resource: "/mcp/none" }, "invalid_target"],
    ["a scope that does not exist", { scope: "mcp admin" }, "invalid_scope"],
  ])("%s is refused", async (_what, changes, error) => {
    const client = await registered();
    const resource = "resource" in changes ? { resource: new URL(changes.resource, host.publicUrl).href } : {};
    const url = client.authorizationUrl("issues", { ...changes, ...resource });
    const target = new URL((await navigate(url)).location, host.publicUrl);
    expect(target.searchParams.get("code")).toBeNull();
    expect(target.pathname).not.toBe("/sign-in");
    if (error !== undefined) {
      expect(Object.fromEntries(target.searchParams)).toMatchObject({
        error,
        iss: host.publicUrl,
        state: client.state,
      });
    }
  });

  test("the callback carries state and issuer (RFC 9207), and any loopback port will do (RFC 8252)", async () => {
    const client = await registered(
      { redirect_uris: ["http://127.0.0.1/callback"] },
      "http://127.0.0.1:40123/callback",
    );
    const callback = await host.human("lead").authorize(client.authorizationUrl("issues"), "issues", "low");
    expect(callback.host).toBe("127.0.0.1:40123");
    expect(Object.fromEntries(callback.searchParams)).toMatchObject({ state: client.state, iss: host.publicUrl });
  });
});

describe("the token endpoint", () => {
  test("a wrong verifier is invalid_grant and burns the code (RFC 7636)", async () => {
    const client = await registered();
    const callback = await host.human("lead").authorize(client.authorizationUrl("issues"), "issues", "low");
    const wrong = await client.exchange(callback, { code_verifier: "a".repeat(43) });
    expect(wrong).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect((await client.exchange(callback)).status).toBe(400);
  });

  test.each([
    ["without a verifier", { code_verifier: "" }],
    ["from another client", { client_id: "other" }],
    ["for another redirect URI", { redirect_uri: "https://client.example.com/callback" }],
    ["for another server", { resource: "wiki" }],
  ])("a code %s gives no token", async (_how, changes) => {
    const client = await registered();
    const callback = await host.human("lead").authorize(client.authorizationUrl("issues"), "issues", "low");
    const resource = "resource" in changes ? { resource: `${host.publicUrl}/mcp/wiki` } : {};
    const { status, body } = await client.exchange(callback, { ...changes, ...resource } as Record<string, string>);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body.access_token).toBeUndefined();
  });

  test("a refresh for another server is refused", async () => {
    const { client, tokens } = await host.connect(host.human("lead"), "low");
    const answer = await client.refresh(tokens.refresh, { resource: `${host.publicUrl}/mcp/wiki` });
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_target" } });
  });

  test("a parameter sent twice is refused: the check and the library could each read another one", async () => {
    const { client, tokens } = await host.connect(host.human("lead"), "low");
    for (const path of ["/api/auth/oauth2/token", "/api/auth/oauth2/revoke"]) {
      const answer = await client.form(path, [
        ["grant_type", "refresh_token"],
        ["client_id", client.clientId],
        ["refresh_token", tokens.refresh],
        ["token", tokens.refresh],
        ["client_id", "other"],
      ]);
      expect(answer).toMatchObject({ status: 400, body: { error: "invalid_request" } });
    }
    expect((await client.refresh(tokens.refresh)).status).toBe(200);
  });

  test("what is no form is refused: no rule in front of the library reads it", async () => {
    const { client, tokens } = await host.connect(host.human("lead"), "low");
    for (const [type, body] of [
      ["application/json", { grant_type: "refresh_token", client_id: client.clientId, refresh_token: tokens.refresh }],
      ["text/plain", { grant_type: "refresh_token", client_id: client.clientId, refresh_token: tokens.refresh }],
    ] as const) {
      for (const path of ["token", "revoke", "introspect"]) {
        const answer = await toAnswer(
          await fetch(`${host.publicUrl}/api/auth/oauth2/${path}`, {
            method: "POST",
            headers: { "content-type": type },
            body: JSON.stringify({ ...body, token: tokens.refresh }),
          }),
        );
        expect([path, type, answer.status >= 400, answer.body.access_token]).toEqual([path, type, true, undefined]);
      }
    }
    expect((await client.refresh(tokens.refresh)).status).toBe(200);
  });

  test("an unknown token is revoked with 200, a client that does not exist may not revoke (RFC 7009)", async () => {
    const client = await registered();
    expect((await client.revoke("unknown")).status).toBe(200);
    expect((await client.revoke("gwrt_unknown")).status).toBe(200);
    const { client: first, tokens } = await host.connect(host.human("lead"), "low");
    const answer = await client.revoke(tokens.refresh, { client_id: "unknown" });
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_client" } });
    expect((await client.refresh(tokens.refresh, { client_id: first.clientId })).status).toBe(200);
    expect((await client.revoke(tokens.refresh, { token: "" })).status).toBe(400);
  });

  test("a confidential client must prove itself to refresh or revoke", async () => {
    const client = new TestClient(host.publicUrl);
    const { body } = await client.register({ token_endpoint_auth_method: "client_secret_post" });
    const secret = { client_secret: String(body.client_secret) };
    const callback = await host.human("lead").authorize(client.authorizationUrl("issues"), "issues", "low");
    const tokens = tokensOf(await client.exchange(callback, secret));
    expect((await client.refresh(tokens.refresh)).status).toBeGreaterThanOrEqual(400);
    const wrong = await client.revoke(tokens.refresh, { client_secret: "wrong" });
    expect(wrong).toMatchObject({ body: { error: expect.stringMatching(/^(invalid|unauthorized)_client$/) } });
    const rotated = tokensOf(await client.refresh(tokens.refresh, secret));
    expect((await client.revoke(rotated.refresh, secret)).status).toBe(200);
    expect((await client.refresh(rotated.refresh, secret)).status).toBe(400);
  });
});

/** Paths of all routes of the application that take a POST, as it prints them: one line each, indented below another. */
function postPaths(): string[] {
  const above: string[] = [];
  return [...host.app.printRoutes({ commonPrefix: false }).matchAll(/^([│ ]*)[├└]── (\S+) \(([^)]+)\)$/gmu)].flatMap(
    ([, indent = "", part = "", methods = ""]) => {
      const depth = indent.length / 4;
      above[depth] = `${depth === 0 ? "" : above[depth - 1]}${part}`;
      return methods.split(", ").includes("POST") ? [above[depth] ?? ""] : [];
    },
  );
}

test("whatever a browser can send with a human's cookies is refused from another site, new routes included", async () => {
  // What clients call takes no cookies; the answer of a SAML provider is bound to its request.
  const foreign =
    /^\/(mcp(\/|$)|api\/auth\/oauth2\/(register|token|revoke|introspect)$|api\/auth\/sso\/saml2\/sp\/acs\/)/;
  const paths = postPaths().filter((path) => !foreign.test(path));
  expect(paths).toEqual(expect.arrayContaining(["/api/consent", "/api/grants/:id/revoke", "/api/auth/sign-in/email"]));
  const human = host.human("lead");
  await human.signIn();
  for (const path of paths) {
    for (const origin of ["https://attacker.example.com", "null"]) {
      const { status, body } = await human.post(path.replace(":id", "x"), {}, { origin });
      expect([path, origin, status, body.error]).toEqual([path, origin, 403, "ORIGIN_FORBIDDEN"]);
    }
  }
});

test("too many registrations from one address wait, and are told how long", async () => {
  const attempt = () => new TestClient(host.publicUrl).register({ redirect_uris: ["http://attacker.example.com/"] });
  host.time.aheadMs = 120_000;
  for (let i = 0; i < 100; i += 1) expect((await attempt()).status).toBe(400);
  const { status, body, headers } = await attempt();
  expect([status, body.error]).toEqual([429, "rate_limited"]);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  host.time.aheadMs = 180_000;
  expect((await attempt()).status).toBe(400);
  host.time.aheadMs = 0;
});
