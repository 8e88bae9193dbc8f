/** Humans at an upstream server that wants each of them to sign in: through HTTP, at a real authorization server. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createUpstream } from "../src/adapters/upstream.ts";
import { TestClient, tokensOf } from "../src/oauth/testing/test-client.ts";
import { TestHost } from "../src/oauth/testing/test-host.ts";
import type { TestHuman } from "../src/oauth/testing/test-human.ts";
import { openMemoryDatabase } from "../testing/memory-database.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";
import { type OAuthUpstream, startOAuthUpstream } from "./oauth-upstream-fixture.ts";
import { startUpstream } from "./upstream-fixture.ts";

let upstream: OAuthUpstream;
let host: TestHost;
const http = createUpstream();

type Auth = { type: "oauth"; clientId?: string; clientSecret?: { secret: string }; authorizationServer?: string };
/** Puts `issues` in front of the upstream. */
const provision = (auth: Auth = { type: "oauth" }, url = upstream.url) =>
  host.directory.change({
    servers: {
      issues: {
        attributes: { name: "Issues", upstream_url: url, auth },
        tools: { list_issues: "low", create_issue: "medium", gone_tool: "low" },
      },
    },
  });

beforeAll(async () => {
  upstream = await startOAuthUpstream({
    // Less than the gateway's own tokens live.
    accessTokenSeconds: 400,
  });
  host = await TestHost.start(await openMemoryDatabase(), {
    upstream: http,
    decisions: {
      check: async () => true,
      checkAll: async (_user, actions) => actions.map(() => true),
      ready: async () => true,
    },
    environment: { SECRET_ISSUES_CLIENT: "a configured secret of the test" },
  });
  await provision();
});
afterEach(async () => {
  Object.assign(upstream, {
    refuseTokens: false,
    answerCall: undefined,
    human: "agrees",
    changeMetadata: (metadata: object) => metadata,
    changeResource: (metadata: object) => metadata,
    beforeToken: async () => undefined,
  });
  host.time.aheadMs = 0;
  await provision();
  await host.database.kysely.deleteFrom("gateway_upstream_token").execute();
});
afterAll(async () => {
  await host.close();
  await http.close();
  await upstream.close();
});

/** A human in front of the consent page. */
async function ask(name: "lead" | "developer" = "lead") {
  const human = host.human(name);
  const client = new TestClient(host.publicUrl);
  await client.register();
  return { human, client, query: await human.openConsent(client.authorizationUrl("issues")) };
}

const accept = (human: TestHuman, query: string) =>
  human.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "low" }] });

/** Signs in at the upstream, consents, and returns what calls the gateway. */
async function connected(name: "lead" | "developer" = "lead") {
  const { human, client, query } = await ask(name);
  const page = await human.signInUpstream("issues", query);
  const { body } = await accept(human, page.search.slice(1));
  const { access } = tokensOf(await client.exchange(new URL(String(body.redirect))));
  return { human, client, access, call: () => post({ url: host.publicUrl }, access, toolCall("list_issues")) };
}

/** A machine with much else to do is slower than the second that is the default. */
const soon = { timeout: 10_000 };
const tokenRequests = () => upstream.asked.filter((asked) => asked === "POST /token").length;
const codeOf = async (answer: Promise<{ body: { error?: { data: { code: string } } } }>) =>
  (await answer).body.error?.data.code;
const asksForSignIn = { error: { code: -32042, data: { code: "UPSTREAM_SIGN_IN_NEEDED" } } };

describe("the way to the first call", () => {
  test("leads through the server's own sign-in back to the question, and the call has the human's own token", async () => {
    const { human, client, query } = await ask();
    expect((await human.consentView(query)).server?.signIn).toBe(true);
    expect((await human.post("/api/connect", { server: "issues", query })).body).toEqual({
      state: "sign-in-needed",
      name: "Issues",
    });
    expect(await accept(human, query)).toMatchObject({ status: 403, body: { error: "UPSTREAM_SIGN_IN_NEEDED" } });

    const page = await human.signInUpstream("issues", query);
    expect(page.pathname).toBe("/consent");
    const again = page.search.slice(1);
    expect((await human.post("/api/connect", { server: "issues", query: again })).body).toEqual({
      state: "connected",
      name: "Issues",
      askedForMore: false,
      tools: { changed: [], missing: ["gone_tool"], unlisted: ["delete_issue", "hidden_tool"] },
    });
    const { status, body } = await accept(human, again);
    expect(status).toBe(200);
    const callback = new URL(String(body.redirect));
    expect(callback.searchParams.get("state")).toBe(client.state);

    const { access } = tokensOf(await client.exchange(callback));
    upstream.presented.length = 0;
    upstream.ran.length = 0;
    const answer = await post({ url: host.publicUrl }, access, toolCall("list_issues"));
    expect(answer.body.result).toBeDefined();
    expect(upstream.ran).toEqual(["list_issues"]);
    expect(upstream.presented).toEqual([expect.stringMatching(/^Bearer /)]);
    expect(upstream.presented[0]).not.toContain(access);
  });

  test("takes as long as the human takes: the page is asked for anew when its query has expired", async () => {
    const { human, query } = await ask();
    const { body } = await human.startUpstream("issues", query);
    const expired = query.replace(/exp=\d+/, "exp=1000000000");
    expect((await human.get(`/api/consent?${expired}`)).status).toBe(400);
    host.time.aheadMs = 55 * 60_000;
    const page = await human.follow(String(body.redirect));
    expect(page.pathname).toBe("/consent");
    expect(page.searchParams.get("sig")).not.toBe(new URLSearchParams(query).get("sig"));
    expect((await accept(human, page.search.slice(1))).status).toBe(200);
  });

  test("registers once for all humans, and again where the registration is refused", async () => {
    await connected("lead");
    const registrations = () => upstream.asked.filter((asked) => asked === "POST /reg").length;
    const before = registrations();
    await connected("developer");
    expect(registrations()).toBe(before);
    upstream.changeMetadata = (metadata) => ({ ...metadata, token_endpoint: `${upstream.issuer}/refusing` });
    const { human, query } = await ask();
    // A token endpoint that does not exist is not one that refuses the client.
    const page = await human.signInUpstream("issues", query);
    const problem = await human.post("/api/connect", { server: "issues", query: page.search.slice(1) });
    expect(problem.body.error).toBe("UPSTREAM_SIGN_IN_FAILED");
    expect(registrations()).toBe(before);
  });

  test("is open again after a no at the server, which the page says once", async () => {
    const { human, query } = await ask();
    upstream.human = "denies";
    const page = await human.signInUpstream("issues", query);
    expect(page.pathname).toBe("/consent");
    const again = page.search.slice(1);
    const connect = () => human.post("/api/connect", { server: "issues", query: again });
    expect(await connect()).toMatchObject({ status: 502, body: { error: "UPSTREAM_SIGN_IN_FAILED" } });
    expect((await connect()).body).toEqual({ state: "sign-in-needed", name: "Issues" });
    expect((await accept(human, again)).body.error).toBe("UPSTREAM_SIGN_IN_NEEDED");
    upstream.human = "agrees";
    expect((await human.signInUpstream("issues", again)).pathname).toBe("/consent");
  });
});

describe("tokens at the server", () => {
  test("are refreshed in the background in their last five minutes, once for all calls of all replicas", async () => {
    const { call } = await connected();
    host.time.aheadMs = 6 * 60_000;
    const before = tokenRequests();
    const released = Promise.withResolvers<void>();
    upstream.beforeToken = () => released.promise;
    // None of them waits for the refresh.
    const answers = await Promise.all([call(), call(), call()]);
    expect(answers.map(({ body }) => body.result !== undefined)).toEqual([true, true, true]);
    released.resolve();
    await expect.poll(tokenRequests, soon).toBe(before + 1);
    const old = upstream.presented.at(-1);
    await expect.poll(async () => (await call()).body.result && upstream.presented.at(-1) !== old, soon).toBe(true);
    expect(tokenRequests()).toBe(before + 1);
  });

  test("that have expired are refreshed first, by one of all that wait", async () => {
    const { call } = await connected();
    host.time.aheadMs = 7 * 60_000;
    const before = tokenRequests();
    const answers = await Promise.all([call(), call(), call(), call()]);
    expect(answers.every(({ body }) => body.result !== undefined)).toBe(true);
    expect(tokenRequests()).toBe(before + 1);
  });

  test("that the server refuses are replaced once, and the call is repeated", async () => {
    const { call } = await connected();
    upstream.refuseTokens = true;
    upstream.ran.length = 0;
    const before = tokenRequests();
    // The first answer of the server is a 401; by the second request it takes tokens again.
    upstream.beforeToken = async () => {
      upstream.refuseTokens = false;
    };
    expect((await call()).body.result).toBeDefined();
    expect([tokenRequests() - before, upstream.ran]).toEqual([1, ["list_issues"]]);
  });

  test("that nobody takes any more lead to the link, not to a 500, and nothing of the server's challenge goes on", async () => {
    const { call, human } = await connected();
    upstream.endGrants();
    const { status, headers, body, text } = await call();
    expect([status, body]).toMatchObject([200, asksForSignIn]);
    const link = `${host.publicUrl}/connect/issues`;
    expect(body.error?.message).toContain(link);
    expect(body.error?.data).toMatchObject({ link, elicitations: [{ mode: "url", url: link }] });
    expect(headers.get("www-authenticate")).toBeNull();
    expect(text).not.toContain(upstream.issuer);

    const requests = upstream.asked.length;
    expect(await codeOf(call())).toBe("UPSTREAM_SIGN_IN_NEEDED");
    expect(upstream.asked.length).toBe(requests);
    expect((await human.signInUpstream("issues")).pathname).toBe("/connect/issues");
    expect((await call()).body.result).toBeDefined();
  });

  test("that reach too short ask for more with the next sign-in", async () => {
    const { call, human } = await connected();
    upstream.answerCall = (response) =>
      response.writeHead(403, { "www-authenticate": 'Bearer error="insufficient_scope", scope="mcp openid"' }).end();
    expect((await call()).body).toMatchObject({ error: { code: -32042, data: { code: "UPSTREAM_SCOPE_NEEDED" } } });
    upstream.answerCall = undefined;
    expect((await human.post("/api/connect", { server: "issues" })).body).toMatchObject({ askedForMore: true });
    const { body } = await human.startUpstream("issues");
    expect(new URL(String(body.redirect)).searchParams.get("scope")?.split(" ")).toEqual(
      expect.arrayContaining(["mcp", "openid"]),
    );
  });

  test("are encrypted, and are gone with the human's last agent, at the authorization server too", async () => {
    const { human, call } = await connected();
    const rows = await host.database.kysely.selectFrom("gateway_upstream_token").selectAll().execute();
    await call();
    const bearer = String(upstream.presented.at(-1)).replace("Bearer ", "");
    expect(bearer.length).toBeGreaterThan(20);
    expect(JSON.stringify(rows)).not.toContain(bearer);
    const grants = await human.grants();
    for (const { id } of grants) await human.post(`/api/grants/${id}/revoke`, {});
    expect(await host.database.kysely.selectFrom("gateway_upstream_token").selectAll().execute()).toEqual([]);
    expect(upstream.asked.at(-1)).toBe("POST /token/revocation");
    const refused = await fetch(upstream.url, { method: "POST", headers: { authorization: `Bearer ${bearer}` } });
    expect(refused.status).toBe(401);
  });

  test("are gone a day after the last consent ended, or the account, and not while an agent can use them", async () => {
    const count = async () => {
      await host.server.maintain();
      const rows = await host.database.kysely.selectFrom("gateway_upstream_token").select("server").execute();
      return rows.length;
    };
    const { human } = await connected();
    host.time.aheadMs = 2 * 24 * 60 * 60_000;
    expect(await count()).toBe(1);
    host.time.aheadMs = 32 * 24 * 60 * 60_000;
    expect(await count()).toBe(0);
    host.time.aheadMs = 0;
    await human.signIn();
    await human.signInUpstream("issues");
    await host.database.kysely.updateTable("gateway_upstream_token").set({ user_id: "gone" }).execute();
    expect(await count()).toBe(1);
    host.time.aheadMs = 2 * 24 * 60 * 60_000;
    expect(await count()).toBe(0);
  });

  test("are gone when the server leaves the policy", async () => {
    await connected();
    await host.directory.change({ servers: { issues: { tools: {}, attributes: { upstream_url: upstream.url } } } });
    expect(await host.database.kysely.selectFrom("gateway_upstream_token").selectAll().execute()).toEqual([]);
  });
});

describe("an answer of the authorization server is refused", () => {
  /** The address that the browser comes back to, without going there. */
  async function callbackOf(human: TestHuman, query: string): Promise<URL> {
    let url = new URL(String((await human.startUpstream("issues", query)).body.redirect));
    for (let hops = 0; url.origin !== host.publicUrl; hops += 1) {
      if (hops > 20) throw new Error("no end of redirects");
      const { location } = await human.get(url.href);
      url = new URL(String(location), url);
    }
    return url;
  }
  const expectRefused = async (human: TestHuman, url: URL) => {
    const before = tokenRequests();
    const { status, location } = await human.get(url.href);
    expect([status, location]).toEqual([303, `${host.publicUrl}/error?error=UPSTREAM_SIGN_IN_INVALID`]);
    expect(tokenRequests()).toBe(before);
    expect(await host.database.kysely.selectFrom("gateway_upstream_token").selectAll().execute()).toEqual([]);
  };

  test("in another human's browser", async () => {
    const { human, query } = await ask();
    const url = await callbackOf(human, query);
    const other = (await ask("developer")).human;
    await expectRefused(other, url);
  });

  test("in the same browser, when another human has signed in there since", async () => {
    const { human, query } = await ask();
    const url = await callbackOf(human, query);
    const { password } = human;
    await human.post("/api/auth/sign-in/email", { email: "developer@example.com", password });
    expect(JSON.stringify((await human.get("/api/account")).body)).toContain("developer@example.com");
    await expectRefused(human, url);
  });

  test("at the address of another server with a sign-in (mix-up without iss)", async () => {
    const { human, query } = await ask();
    const url = await callbackOf(human, query);
    const auth = { type: "oauth" as const };
    const server = { attributes: { upstream_url: upstream.url, auth }, tools: {} };
    await host.directory.change({ servers: { issues: server, wiki: server } });
    url.pathname = "/connect/wiki/callback";
    await expectRefused(human, url);
  });

  test("in another browser of the same human", async () => {
    const { human, query } = await ask();
    const url = await callbackOf(human, query);
    const elsewhere = host.human("lead");
    await elsewhere.signIn();
    await expectRefused(elsewhere, url);
  });

  test("the second time", async () => {
    const { human, query } = await ask();
    const url = await callbackOf(human, query);
    expect((await human.get(url.href)).status).toBe(303);
    await host.database.kysely.deleteFrom("gateway_upstream_token").execute();
    await expectRefused(human, url);
  });

  test.each<[string, (url: URL) => void]>([
    ["with another state", (url) => url.searchParams.set("state", "x".repeat(43))],
    ["with two states", (url) => url.searchParams.append("state", "x")],
    ["without state", (url) => url.searchParams.delete("state")],
  ])("%s", async (_what, change) => {
    const { human, query } = await ask();
    const url = await callbackOf(human, query);
    change(url);
    await expectRefused(human, url);
  });

  test("after an hour", async () => {
    const { human, query } = await ask();
    const url = await callbackOf(human, query);
    host.time.aheadMs = 61 * 60_000;
    await expectRefused(human, url);
  });

  test.each<[string, (url: URL) => void]>([
    ["from another issuer", (url) => url.searchParams.set("iss", "https://attacker.example.com")],
    ["without the issuer that it always says", (url) => url.searchParams.delete("iss")],
    [
      "with an error from another issuer",
      (url) => {
        url.searchParams.set("iss", "https://attacker.example.com");
        url.searchParams.set("error", "access_denied");
      },
    ],
  ])("%s: no code is redeemed anywhere (mix-up)", async (_what, change) => {
    const { human, query } = await ask();
    const url = await callbackOf(human, query);
    const before = tokenRequests();
    change(url);
    const page = await human.follow(url.href);
    const answer = await human.post("/api/connect", { server: "issues", query: page.search.slice(1) });
    expect(answer.body).toMatchObject({ error: "UPSTREAM_SIGN_IN_FAILED" });
    expect(answer.body.message).toContain("another authorization server");
    expect(tokenRequests()).toBe(before);
  });
});

describe("signing in at the server is refused", () => {
  test.each<[string, () => void, RegExp]>([
    [
      "without PKCE",
      () => {
        upstream.changeMetadata = ({ code_challenge_methods_supported: _, ...rest }) => rest;
      },
      /PKCE/,
    ],
    [
      "with plain PKCE only",
      () => {
        upstream.changeMetadata = (metadata) => ({ ...metadata, code_challenge_methods_supported: ["plain"] });
      },
      /PKCE/,
    ],
    [
      "when the metadata is another issuer's",
      () => {
        upstream.changeMetadata = (metadata) => ({ ...metadata, issuer: "https://other.example.com" });
      },
      /another authorization server/,
    ],
    [
      "when its metadata is for another resource",
      () => {
        upstream.changeResource = (metadata) => ({ ...metadata, resource: "https://other.example.com/mcp" });
      },
      /can't be used/,
    ],
    [
      "when the browser would run a script",
      () => {
        upstream.changeMetadata = (metadata) => ({ ...metadata, authorization_endpoint: "javascript:alert(1)" });
      },
      /can't be used|not https/,
    ],
    ...[
      ["at the cloud's metadata address", "http://169.254.169.254/latest"],
      ["at a private address", "https://10.1.2.3"],
      ["at an address of this machine", "https://[::1]:1"],
      ["at a mapped address", "https://[::ffff:10.0.0.1]"],
      ["at another name of this machine", "https://localhost:4433"],
    ].map(([what, server]): [string, () => void, RegExp] => [
      `when it names an authorization server ${what}`,
      () => {
        upstream.changeResource = (metadata) => ({ ...metadata, authorization_servers: [server] });
      },
      /does not call/,
    ]),
  ])("%s", async (_what, change, why) => {
    const { human, query } = await ask();
    change();
    const { status, body } = await human.startUpstream("issues", query);
    expect([status, body.error]).toEqual([502, "UPSTREAM_SIGN_IN_FAILED"]);
    expect(body.message).toMatch(why);
    expect(await host.count("gateway_grant")).toBe(await host.count("gateway_grant"));
  });

  test("for whoever the policy grants nothing, from another site, without a sign-in, or for another server", async () => {
    const { human, query } = await ask();
    const start = (who: TestHuman, body: object, headers = {}) => who.post("/api/connect/start", body, headers);
    const nobody = host.human("contractor");
    await nobody.signIn();
    expect((await start(nobody, { server: "issues" })).body.error).toBe("SERVER_NOT_GRANTED");
    expect((await start(host.human("lead"), { server: "issues" })).body.error).toBe("NOT_SIGNED_IN");
    expect((await start(human, { server: "issues" }, { origin: "https://evil.example.com" })).status).toBe(403);
    expect((await start(human, { server: "wiki", query })).body.error).toBe("CONSENT_REQUEST_INVALID");
    expect((await start(human, { server: "wiki" })).body.error).toBe("UPSTREAM_SIGN_IN_INVALID");
    const changed = query.replace("33418", "33419");
    expect((await start(human, { server: "issues", query: changed })).body.error).toBe("CONSENT_REQUEST_INVALID");
  });
});

test("the human comes back to the client's own request and nowhere else", async () => {
  const { human, query } = await ask();
  const page = await human.signInUpstream("issues", `${query}`);
  const asked = new URLSearchParams(query);
  for (const name of ["client_id", "redirect_uri", "state", "code_challenge", "resource", "scope"]) {
    expect([name, page.searchParams.get(name)]).toEqual([name, asked.get(name)]);
  }
});

test("a stream of server messages has the token too", async () => {
  const { access } = await connected();
  expect((await post({ url: host.publicUrl }, access, rpc("tools/list"))).body.result).toMatchObject({
    tools: [{ name: "list_issues" }, { name: "create_issue" }],
  });
});

test("a client that the policy configures is used where there is no registration, with the issuer that it names", async () => {
  const secret = "a configured secret of the test";
  const closed = await startOAuthUpstream({
    registration: false,
    clients: [
      {
        client_id: "configured",
        client_secret: secret,
        redirect_uris: [`${host.publicUrl}/connect/issues/callback`],
        grant_types: ["authorization_code", "refresh_token"],
        application_type: "native",
      },
    ],
  });
  const { human, query } = await ask();
  await provision({ type: "oauth" }, closed.url);
  expect((await human.startUpstream("issues", query)).body.message).toContain("needs a clientId");
  const auth = { type: "oauth", clientId: "configured", authorizationServer: closed.issuer } as const;
  await provision({ ...auth, clientSecret: { secret: "issues/other" } }, closed.url);
  expect((await human.startUpstream("issues", query)).body.error).toBe("SECRET_UNAVAILABLE");
  await provision({ ...auth, clientSecret: { secret: "issues/client" } }, closed.url);
  const page = await human.signInUpstream("issues", query);
  expect((await accept(human, page.search.slice(1))).status).toBe(200);
  await human.post("/api/connect", { server: "issues" });
  expect(closed.presented.at(-1)).toMatch(/^Bearer /);
  await closed.close();
});

test("a server with a secret that all share is asked with it, knows the human, and is compared with its lock", async () => {
  const plain = await startUpstream();
  await host.directory.change({
    servers: {
      wiki: {
        attributes: {
          ...{ name: "Wiki", upstream_url: plain.url },
          auth: { type: "header", header: "X-Api-Key", value: { secret: "issues/client" } },
        },
        tools: { list_issues: { trust: "low", digest: "sha256:other" } },
      },
    },
  });
  const human = host.human("lead");
  await human.signIn();
  const { body } = await human.post("/api/connect", { server: "wiki" });
  await human.post("/api/connect", { server: "wiki" });
  expect(host.audit.filter(({ event }) => event === "tool_drift")).toMatchObject([
    { server: "wiki", tool: "list_issues", reviewed: "sha256:other", human: "lead@example.com" },
  ]);
  expect(body).toMatchObject({
    state: "connected",
    tools: { changed: ["list_issues"], missing: [], unlisted: expect.arrayContaining(["create_issue"]) },
  });
  expect(plain.requests.length).toBeGreaterThan(0);
  for (const { headers } of plain.requests) {
    expect(headers).toMatchObject({
      "x-api-key": "a configured secret of the test",
      "x-gateway-auth": expect.stringMatching(/^Bearer /),
    });
  }
  await plain.close();
});

test("an unreachable server is said, and consent to it is refused only where one has to sign in", async () => {
  await provision({ type: "oauth" }, "http://127.0.0.1:9/mcp");
  const { human, query } = await ask();
  expect((await human.startUpstream("issues", query)).body.error).toBe("UPSTREAM_UNAVAILABLE");
  expect((await accept(human, query)).body.error).toBe("UPSTREAM_SIGN_IN_NEEDED");
  const client = new TestClient(host.publicUrl);
  await client.register();
  const wiki = await human.openConsent(client.authorizationUrl("wiki"));
  const answer = await human.answerConsent({ accept: true, query: wiki, servers: [{ server: "wiki", level: "low" }] });
  expect(answer.status).toBe(200);
});

test("metadata documents of the gateway as a client are there for servers with a sign-in", async () => {
  const human = host.human("lead");
  expect((await human.get("/.well-known/oauth-client/issues")).body).toMatchObject({
    client_id: `${host.publicUrl}/.well-known/oauth-client/issues`,
    redirect_uris: [`${host.publicUrl}/connect/issues/callback`],
    token_endpoint_auth_method: "none",
  });
  expect((await human.get("/.well-known/oauth-client/wiki")).status).toBe(404);
});
