/** Rotation of the signing key, introspection (RFC 7662), and what becomes of expired rows. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { TestClient, tokensOf } from "./testing/test-client.ts";
import { TestHost } from "./testing/test-host.ts";
import { type TestHuman, toAnswer } from "./testing/test-human.ts";

const minute = 60_000;
const day = 24 * 60 * minute;
let host: TestHost;
let replica: TestHost;
let human: TestHuman;
beforeAll(async () => {
  const database = await openMemoryDatabase();
  host = await TestHost.start(database, { secrets: { read: async () => "a secret of the portal" } });
  replica = await TestHost.start({ ...database, close: async () => undefined }, {}, host);
  human = host.human("lead");
});
afterAll(async () => {
  await replica.close();
  await host.close();
});

const kidOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { kid: string }).kid;
const publishedKids = async () => {
  const { keys } = (await (await fetch(`${host.publicUrl}/api/auth/jwks`)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
};
/** Makes everything that is stored of keys older. */
const passMs = (ms: number) =>
  sql`update jwks set "createdAt" = "createdAt" - ${`${ms} milliseconds`}::interval`.execute(host.database.kysely);

test("a new key is announced, then signs; tokens of the old one hold to their end, on every replica", async () => {
  const { client, tokens: old } = await host.connect(human, "low");
  await replica.server.verifyToken(old.access, "issues");
  await host.server.maintain();
  expect(await publishedKids()).toEqual([kidOf(old.access)]);

  await passMs(90 * day);
  await host.server.maintain();
  await replica.server.maintain();
  const announced = await publishedKids();
  expect(announced).toHaveLength(2);
  const before = tokensOf(await client.refresh(old.refresh));
  expect(kidOf(before.access)).toBe(kidOf(old.access));

  await passMs(10 * minute);
  // Keys are read again for an unknown one after ten seconds at the earliest.
  for (const each of [host, replica]) each.time.aheadMs = 11_000;
  const after = tokensOf(await client.refresh(before.refresh));
  expect([kidOf(after.access) === kidOf(old.access), announced.includes(kidOf(after.access))]).toEqual([false, true]);
  for (const { access } of [old, before, after]) {
    await host.server.verifyToken(access, "issues");
    // Its cached keys are from before the rotation.
    await replica.server.verifyToken(access, "issues");
  }
  for (const each of [host, replica]) each.time.aheadMs = 0;
  await host.server.maintain();
  expect(await publishedKids()).toHaveLength(2);

  await passMs(20 * minute);
  expect(await publishedKids()).toEqual([kidOf(after.access)]);
  await host.server.maintain();
  expect(await host.count("jwks")).toBe(1);
});

describe("introspection", () => {
  const portal = {
    id: "portal",
    name: "Portal",
    redirectUris: ["https://portal.example.com/cb"],
    secret: { secret: "portal" },
  };
  const other = { ...portal, id: "other", name: "Other" };
  const authorization = (id: string, secret = "a secret of the portal") =>
    `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
  const post = async (path: string, as: string | undefined, form: Record<string, string>) =>
    toAnswer(
      await fetch(`${host.publicUrl}/api/auth/oauth2/${path}`, {
        method: "POST",
        headers: as === undefined ? {} : { authorization: as },
        body: new URLSearchParams(form),
      }),
    );
  beforeAll(() => host.directory.change({ host: { clients: { listed: [portal, other] } } }));
  afterAll(() => host.directory.change());

  async function connectPortal() {
    const client = new TestClient(host.publicUrl, "https://portal.example.com/cb");
    client.clientId = "portal";
    const callback = await human.authorize(client.authorizationUrl("issues"), "issues", "low");
    const answer = await post("token", authorization("portal"), {
      grant_type: "authorization_code",
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: client.redirectUri,
      code_verifier: client.verifier,
    });
    return tokensOf(answer);
  }

  test("tells a client with a secret of its own tokens while their consent holds, and nobody anything else", async () => {
    const tokens = await connectPortal();
    const { connectionId: grantId, userId } = await host.server.verifyToken(tokens.access, "issues");
    const as = authorization("portal");
    const active = await post("introspect", as, { token: tokens.access });
    expect(active).toMatchObject({
      status: 200,
      body: {
        active: true,
        client_id: "portal",
        sub: userId,
        aud: `${host.publicUrl}/mcp/issues`,
        token_type: "Bearer",
      },
    });
    expect(active.headers.get("cache-control")).toBe("no-store");
    expect((await post("introspect", as, { token: tokens.refresh })).body).toMatchObject({ active: true });

    const { tokens: foreign } = await host.connect(human, "low", { server: "wiki" });
    for (const [who, token] of [
      [as, foreign.access],
      [as, foreign.refresh],
      [as, "nothing"],
      [as, `gwrt_${"a".repeat(32)}`],
      [authorization("other"), tokens.access],
      [authorization("other"), tokens.refresh],
    ] as const) {
      expect(await post("introspect", who, { token })).toMatchObject({ status: 200, body: { active: false } });
    }
    const { client } = await host.connect(human, "low");
    for (const [who, form] of [
      [undefined, { token: tokens.access }],
      [undefined, { token: tokens.access, client_id: client.clientId }],
      [undefined, { token: tokens.access, client_id: "portal" }],
      [authorization("portal", "wrong"), { token: tokens.access }],
    ] as const) {
      const { status, body } = await post("introspect", who, form);
      expect([status, body.error, body.active]).toEqual([401, "invalid_client", undefined]);
    }
    expect((await post("introspect", as, {})).status).toBe(400);

    await host.grants.revoke([grantId]);
    for (const token of [tokens.access, tokens.refresh]) {
      expect((await post("introspect", as, { token })).body).toEqual({ active: false });
    }
  });

  test("is in the metadata, and open to browsers without cookies", async () => {
    const metadata = await (await fetch(`${host.publicUrl}/.well-known/oauth-authorization-server`)).json();
    expect(metadata).toMatchObject({ introspection_endpoint: `${host.publicUrl}/api/auth/oauth2/introspect` });
  });
});

test("expired rows are deleted, others are not, and a second replica leaves the work to the first", async () => {
  const { client, tokens } = await host.connect(human, "low");
  const used = tokensOf(await client.refresh(tokens.refresh));
  const tables = ["session", "oauthRefreshToken", "oauthConsent", "verification"];
  const counts = () => Promise.all(tables.map((table) => host.count(table)));
  const before = await counts();
  await host.server.maintain();
  const [sessions, refresh, consents] = await counts();
  expect([sessions, refresh, consents]).toEqual(before.slice(0, 3));

  host.time.aheadMs = 31 * day;
  await host.server.maintain();
  expect(await counts()).toEqual([0, 0, before[2], 0]);
  host.time.aheadMs = 0;
  expect((await client.refresh(used.refresh)).status).toBe(400);
});
