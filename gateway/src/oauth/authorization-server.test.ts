import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestClient, tokensOf } from "./testing/test-client.ts";
import { testDatabases } from "./testing/test-databases.ts";
import { TestHost } from "./testing/test-host.ts";
import { refreshReuseSeconds } from "./token-format.ts";

describe.each(testDatabases)("on $name", ({ open }) => {
  let host: TestHost;
  /** A second process of the same host, not reached over the network. */
  let replica: TestHost;
  beforeAll(async () => {
    const { database, connectAgain } = await open();
    host = await TestHost.start(database);
    replica = await TestHost.start(await connectAgain(), {}, host);
  });
  afterEach(() => {
    host.time.aheadMs = 0;
  });
  afterAll(async () => {
    await replica.close();
    await host.close();
  });

  const active = async (accessToken: string) => {
    const { connectionId: grantId } = await host.server.verifyToken(accessToken, "issues");
    const grant = await host.grants.find(grantId);
    return grant !== undefined && grant.revokedAt === null;
  };

  test("a client gets tokens for the server that its human consented to, and for no other", async () => {
    const human = host.human("developer");
    const { tokens, client } = await host.connect(human, "medium");
    const [grant] = await human.grants();
    expect(grant).toMatchObject({
      server: { key: "issues" },
      level: "medium",
      client: { id: client.clientId, name: "Test client" },
    });
    await expect(host.server.verifyToken(tokens.access, "issues")).resolves.toEqual({
      connectionId: grant?.id,
      clientId: client.clientId,
      userId: expect.any(String),
    });
    await expect(host.server.verifyToken(tokens.access, "wiki")).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    await expect(host.server.verifyToken(tokens.refresh, "issues")).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("two humans with one client are two agents: what one ends, the other keeps", async () => {
    const lead = host.human("lead");
    const developer = host.human("developer");
    const first = await host.connect(lead, "high");
    const { clientId } = first.client;
    const second = await host.connect(developer, "low", { clientId });
    expect(host.facts.consents.get(`${clientId} lead@example.com issues`)).toBe("high");
    expect(host.facts.consents.get(`${clientId} developer@example.com issues`)).toBe("low");

    const grant = (await lead.grants()).find((each) => each.client.id === clientId);
    expect((await lead.post(`/api/grants/${grant?.id}/revoke`, {})).status).toBe(200);
    expect(await active(first.tokens.access)).toBe(false);
    expect(await active(second.tokens.access)).toBe(true);
    expect(host.facts.consents.get(`${clientId} lead@example.com issues`)).toBeUndefined();
    expect(host.facts.consents.get(`${clientId} developer@example.com issues`)).toBe("low");
  });

  test("a revoked grant issues no more tokens, though its refresh token was just rotated", async () => {
    const human = host.human("developer");
    const rows = async () => [await host.count("oauthRefreshToken"), await host.count("oauthConsent")];
    const before = await rows();
    const { client, tokens } = await host.connect(human, "low");
    const rotated = tokensOf(await client.refresh(tokens.refresh));
    const grant = (await human.grants()).find((each) => each.client.id === client.clientId);
    expect((await human.post(`/api/grants/${grant?.id}/revoke`, {})).status).toBe(200);
    expect(await rows()).toEqual(before);
    expect(await client.refresh(rotated.refresh)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect(await active(rotated.access)).toBe(false);
  });

  test("a grant marked in the database only refuses to refresh too: replicas and races", async () => {
    const { client, tokens } = await host.connect(host.human("developer"), "low");
    const { connectionId: grantId } = await host.server.verifyToken(tokens.access, "issues");
    await host.grants.revoke([grantId]);
    expect(await client.refresh(tokens.refresh)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  test("a code of a grant that was revoked in between gives nothing", async () => {
    const human = host.human("developer");
    const client = new TestClient(host.publicUrl);
    await client.register();
    const callback = await human.authorize(client.authorizationUrl("issues"), "issues", "low");
    const grant = (await human.grants()).find((each) => each.client.id === client.clientId);
    await human.post(`/api/grants/${grant?.id}/revoke`, {});
    expect(await client.exchange(callback)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  test("the same refresh token three times at once gets one answer three times", async () => {
    const { client, tokens } = await host.connect(host.human("developer"), "low");
    const answers = await Promise.all([1, 2, 3].map(() => client.refresh(tokens.refresh)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    expect((await client.refresh(String(answers[0]?.body.refresh_token))).status).toBe(200);
  });

  test("the same refresh token at two replicas at once gets one answer", async () => {
    const { client, tokens } = await host.connect(host.human("developer"), "low");
    const [here, there] = await Promise.all([
      client.refresh(tokens.refresh),
      replica.app.inject({
        method: "POST",
        url: "/api/auth/oauth2/token",
        headers: { host: new URL(host.publicUrl).host, "content-type": "application/x-www-form-urlencoded" },
        payload: `grant_type=refresh_token&client_id=${client.clientId}&refresh_token=${tokens.refresh}`,
      }),
    ]);
    expect([here.status, there.statusCode]).toEqual([200, 200]);
    expect(there.json()).toMatchObject({ refresh_token: here.body.refresh_token });
  });

  test("a replica verifies the other's tokens and sees its revocations", async () => {
    const human = host.human("developer");
    const { client, tokens } = await host.connect(human, "low");
    const { connectionId: grantId } = await replica.server.verifyToken(tokens.access, "issues");
    expect((await replica.grants.find(grantId))?.revokedAt).toBeNull();
    expect((await client.revoke(tokens.refresh)).status).toBe(200);
    expect((await replica.grants.find(grantId))?.revokedAt).toBeInstanceOf(Date);
  });

  test("a refresh token that comes back late ends its own grant and no other install of the client", async () => {
    const human = host.human("developer");
    const stolen = await host.connect(human, "low");
    const { clientId } = stolen.client;
    const other = await host.connect(human, "low", { clientId });
    const next = tokensOf(await stolen.client.refresh(stolen.tokens.refresh));

    host.time.aheadMs = (refreshReuseSeconds + 1) * 1000;
    const asAnother = await stolen.client.refresh(stolen.tokens.refresh, { client_id: "somebody-else" });
    expect(asAnother.status).toBeGreaterThanOrEqual(400);
    expect(await active(next.access)).toBe(true);

    const late = await stolen.client.refresh(stolen.tokens.refresh);
    expect(late).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect(await active(next.access)).toBe(false);
    expect((await stolen.client.refresh(next.refresh)).status).toBe(400);
    expect(await active(other.tokens.access)).toBe(true);
    expect((await other.client.refresh(other.tokens.refresh)).status).toBe(200);
    expect(host.facts.consents.get(`${clientId} developer@example.com issues`)).toBe("low");
  });

  test("a code that comes back ends the grant it made", async () => {
    const human = host.human("developer");
    const client = new TestClient(host.publicUrl);
    await client.register();
    const callback = await human.authorize(client.authorizationUrl("issues"), "issues", "low");
    const tokens = tokensOf(await client.exchange(callback));
    expect(await client.exchange(callback)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect(await active(tokens.access)).toBe(false);
    expect((await client.refresh(tokens.refresh)).status).toBe(400);
    expect(host.facts.consents.has(`${client.clientId} developer@example.com issues`)).toBe(false);
  });

  test.each(["access", "refresh"] as const)("revoking the %s token ends the grant (RFC 7009)", async (kind) => {
    const { client, tokens } = await host.connect(host.human("developer"), "low");
    const other = new TestClient(host.publicUrl);
    await other.register();
    expect((await other.revoke(tokens[kind])).status).toBe(200);
    expect(await active(tokens.access)).toBe(true);

    expect((await client.revoke(tokens[kind])).status).toBe(200);
    expect(await active(tokens.access)).toBe(false);
    expect((await client.refresh(tokens.refresh)).status).toBe(400);
    expect((await client.revoke(tokens[kind])).status).toBe(200);
  });

  test("revoking a used refresh token ends that grant and no other install of the client", async () => {
    const human = host.human("developer");
    const first = await host.connect(human, "low");
    const second = await host.connect(human, "low", { clientId: first.client.clientId });
    await first.client.refresh(first.tokens.refresh);
    expect((await first.client.revoke(first.tokens.refresh)).status).toBe(200);
    expect(await active(first.tokens.access)).toBe(false);
    expect(await active(second.tokens.access)).toBe(true);
    expect((await second.client.refresh(second.tokens.refresh)).status).toBe(200);
  });

  test("a human's revocation covers every install of the client", async () => {
    const human = host.human("lead");
    const first = await host.connect(human, "low");
    const second = await host.connect(human, "low", { clientId: first.client.clientId });
    const { connectionId: grantId } = await host.server.verifyToken(first.tokens.access, "issues");
    await human.post(`/api/grants/${grantId}/revoke`, {});
    expect(await active(second.tokens.access)).toBe(false);
    expect((await second.client.refresh(second.tokens.refresh)).status).toBe(400);
  });

  test("no token is issued for a server that has left the policy, and again when it is back", async () => {
    const { client, tokens } = await host.connect(host.human("lead"), "low", { server: "wiki" });
    for (const announce of [false, true]) {
      await host.directory.change({ host: { servers: ["issues"] } }, { announce });
      expect((await client.refresh(tokens.refresh)).status).toBe(400);
    }
    await host.directory.change();
    expect((await client.refresh(tokens.refresh)).status).toBe(200);
  });

  test("an expired access token is refused, though it was accepted before", async () => {
    const { tokens } = await host.connect(host.human("developer"), "low");
    await host.server.verifyToken(tokens.access, "issues");
    host.time.aheadMs = 11 * 60 * 1000;
    await expect(host.server.verifyToken(tokens.access, "issues")).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  test("consenting again at another level holds for the client's other installs, as in Permit", async () => {
    const human = host.human("lead");
    const first = await host.connect(human, "high");
    await host.connect(human, "low", { clientId: first.client.clientId });
    const levels = (await human.grants()).filter(({ client }) => client.id === first.client.clientId);
    expect(levels.map(({ level }) => level)).toEqual(["low", "low"]);
    expect(host.facts.consents.get(`${first.client.clientId} lead@example.com issues`)).toBe("low");
  });

  test("two processes that start on an empty database at once make everything once", async () => {
    const { database, connectAgain } = await open();
    const second = await connectAgain();
    const [first, other] = await Promise.all([TestHost.start(database), TestHost.start(second)]);
    expect([await first.count("user"), await first.count("account"), await first.count("jwks")]).toEqual([3, 3, 1]);
    await other.close();
    await first.close();
  });

  test("STORAGE.md lists exactly the tables there are", async () => {
    const text = readFileSync(new URL("./STORAGE.md", import.meta.url), "utf8");
    const listed = [...text.matchAll(/^\| `(\w+)` *\|/gm)].map(([, name]) => name);
    const tables = await host.database.kysely.introspection.getTables({ withInternalKyselyTables: true });
    expect(listed.toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
  });
});
