import { randomUUID } from "node:crypto";
import { profileKey } from "@permit-mcp-gateway/policies";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ServerDocuments } from "../../testing/host-settings.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { GatewayError } from "../errors.ts";
import { TestClient, tokensOf } from "../oauth/testing/test-client.ts";
import { TestHost } from "../oauth/testing/test-host.ts";
import type { TestHuman } from "../oauth/testing/test-human.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start(await openMemoryDatabase());
});
afterEach(() => {
  host.facts.beforeWrite = () => undefined;
});
afterAll(() => host.close());

/** A human in front of the consent page. */
async function ask(name: "lead" | "developer" | "contractor", server = "issues") {
  const human = host.human(name);
  const client = new TestClient(host.publicUrl);
  await client.register();
  const query = await human.openConsent(client.authorizationUrl(server));
  return { human, client, query };
}

/** Runs `attempt` and asserts that nothing was stored and Permit was told nothing. */
async function expectNoEffect(attempt: () => Promise<unknown>): Promise<void> {
  const state = async () => ({
    grants: await host.count("gateway_grant"),
    consents: await host.count("oauthConsent"),
    codes: await host.count("verification"),
    facts: host.facts.writes.length,
  });
  const before = await state();
  await attempt();
  expect(await state()).toEqual(before);
}

describe("what the page shows", () => {
  test("the human, the client, where the code goes, the ceiling and the tools", async () => {
    const { human, client, query } = await ask("developer");
    expect(await human.consentView(query)).toEqual({
      host: { name: "Demo host" },
      human: { email: "developer@example.com" },
      client: { id: client.clientId, name: "Test client", redirectHost: "127.0.0.1:33418" },
      server: {
        key: "issues",
        name: "The issues server",
        description: "Has issues.",
        ceiling: "medium",
        signIn: false,
        endsAt: expect.stringMatching(/Z$/),
        idleDays: 30,
        tools: [
          { name: "list_issues", trust: "low" },
          { name: "create_issue", trust: "medium" },
          { name: "delete_issue", trust: "high" },
        ],
      },
      choice: null,
      refused: null,
    });
  });

  test("nothing to consent to without a grant of the policy", async () => {
    const { human, query } = await ask("contractor");
    const view = await human.consentView(query);
    expect([view.server, view.refused?.error]).toEqual([null, "SERVER_NOT_GRANTED"]);
  });

  test("a client's name can't rewrite the page", async () => {
    const human = host.human("lead");
    const client = new TestClient(host.publicUrl);
    await client.register({ client_name: `Good\u202e\u200b client\n\n${"x".repeat(200)}` });
    const view = await human.consentView(await human.openConsent(client.authorizationUrl("issues")));
    expect(view.client.name).toBe(`Good client ${"x".repeat(68)}`);
  });

  test.each([
    ["a changed resource", (query: string) => query.replace(/(resource=[^&]*)issues/, "$1wiki")],
    ["a changed redirect", (query: string) => query.replace("33418", "33419")],
    ["an added parameter", (query: string) => `${query}&resource=${encodeURIComponent("http://localhost/mcp/wiki")}`],
    ["no signature", (query: string) => query.replace(/&?sig=[^&]*/, "")],
    ["a later end", (query: string) => query.replace(/exp=\d+/, "exp=99999999999")],
    ["nothing at all", () => ""],
  ])("a query with %s is refused, to look at and to consent to", async (_what, change) => {
    const { human, query } = await ask("lead");
    const changed = change(query);
    expect(changed).not.toBe(query);
    const refusal = { status: 400, body: { error: "CONSENT_REQUEST_INVALID" } };
    expect(await human.get(`/api/consent?${changed}`)).toMatchObject(refusal);
    await expectNoEffect(async () => {
      const answer = { accept: true, query: changed, servers: [{ server: "issues", level: "low" }] } as const;
      expect(await human.answerConsent(answer)).toMatchObject(refusal);
      expect(await human.answerConsent({ accept: false, query: changed })).toMatchObject(refusal);
    });
  });
});

describe("refused consents have no effect", () => {
  test.each([
    ["above the ceiling", "developer", "issues", { level: "high" }, 403, "CEILING_EXCEEDED"],
    ["without a grant of the policy", "contractor", "issues", { level: "low" }, 403, "SERVER_NOT_GRANTED"],
    ["on a server not granted", "developer", "wiki", { level: "low" }, 403, "SERVER_NOT_GRANTED"],
    [
      "on another server than asked",
      "lead",
      "issues",
      { level: "low", server: "wiki" },
      400,
      "CONSENT_REQUEST_INVALID",
    ],
    ["at no level", "lead", "issues", { level: "root" }, 400, "REQUEST_INVALID"],
    ["with more than was asked", "lead", "issues", { level: "low", scope: "all" }, 400, "REQUEST_INVALID"],
  ] as const)("%s", async (_what, name, server, answer, status, error) => {
    const { human, query } = await ask(name, server);
    await expectNoEffect(async () => {
      const body = { accept: true, query, servers: [{ server, ...answer }] };
      expect(await human.post("/api/consent", body)).toMatchObject({ status, body: { error } });
    });
  });

  test("when the ceiling was lowered after the page was shown", async () => {
    const { human, query } = await ask("lead", "wiki");
    expect((await human.consentView(query)).server?.ceiling).toBe("high");
    host.facts.ceilingsOf["lead@example.com"] = { issues: "high", wiki: "low" };
    await expectNoEffect(async () => {
      const answer = await human.answerConsent({ accept: true, query, servers: [{ server: "wiki", level: "medium" }] });
      expect(answer).toMatchObject({ status: 403, body: { error: "CEILING_EXCEEDED" } });
    });
    host.facts.ceilingsOf["lead@example.com"] = { issues: "high", wiki: "high" };
  });

  test.each<[string, Parameters<typeof host.directory.change>[0], string]>([
    ["the host's policy can't be enforced", { host: { requires: ["something-new"] } }, "POLICY_UNSUPPORTED"],
    [
      "the server's policy can't be enforced",
      { servers: { issues: { tools: {}, attributes: { requires: ["mutual-tls"] } } } },
      "POLICY_UNSUPPORTED",
    ],
    [
      "the policy's grant has ended",
      {
        servers: {
          issues: {
            tools: {},
            attributes: {
              grant_terms: { [profileKey("lead@example.com")]: [{ ceiling: "high", until: "2026-01-01" }] },
            },
          },
        },
      },
      "GRANT_ENDED",
    ],
  ])("when %s: the page says so, accepting is refused, denying still works", async (_what, change, error) => {
    const { human, query } = await ask("lead");
    await host.directory.change(change);
    try {
      await expectNoEffect(async () => {
        expect(await human.consentView(query)).toMatchObject({ server: null, refused: { error } });
        const answer = await human.answerConsent({
          accept: true,
          query,
          servers: [{ server: "issues", level: "low" }],
        });
        expect(answer).toMatchObject({ status: 403, body: { error } });
        expect((await human.answerConsent({ accept: false, query })).status).toBe(200);
      });
    } finally {
      await host.directory.change();
    }
  });

  test("above the ceiling of the day, whatever tuple Permit still has", async () => {
    const { human, query } = await ask("lead");
    const terms = [{ ceiling: "high", until: "2026-01-01" }, { ceiling: "medium" }] as const;
    const { issues } = host.directory.documents.servers;
    await host.directory.change({
      servers: {
        issues: { tools: {}, ...issues, attributes: { grant_terms: { [profileKey(human.email)]: [...terms] } } },
      },
    });
    try {
      expect((await human.consentView(query)).server?.ceiling).toBe("medium");
      await expectNoEffect(async () => {
        const answer = await human.answerConsent({
          accept: true,
          query,
          servers: [{ server: "issues", level: "high" }],
        });
        expect(answer).toMatchObject({ status: 403, body: { error: "CEILING_EXCEEDED" } });
      });
    } finally {
      await host.directory.change();
    }
  });

  test("without a session, from another site, or not as JSON", async () => {
    const { human, query } = await ask("lead");
    const answer = { accept: true, query, servers: [{ server: "issues", level: "low" }] } as const;
    await expectNoEffect(async () => {
      expect((await host.human("lead").answerConsent(answer)).status).toBe(401);
      for (const origin of ["https://attacker.example.com", "null", ""]) {
        const foreign = await human.answerConsent(answer, { origin });
        expect(foreign).toMatchObject({ status: 403, body: { error: "ORIGIN_FORBIDDEN" } });
      }
      expect((await human.answerConsent(answer, { "content-type": "text/plain" })).status).toBe(415);
    });
    expect((await human.answerConsent(answer)).status).toBe(200);
  });

  test("from an account whose address is not verified any more", async () => {
    const { human, query } = await ask("lead");
    const verified = (value: boolean) =>
      host.database.kysely
        .updateTable("user" as "gateway_grant")
        .set({ emailVerified: value } as object)
        .where("email", "=", "lead@example.com")
        .execute();
    await verified(false);
    try {
      await expectNoEffect(async () => {
        const answer = await human.answerConsent({
          accept: true,
          query,
          servers: [{ server: "issues", level: "low" }],
        });
        expect(answer).toMatchObject({ status: 403, body: { error: "EMAIL_UNVERIFIED" } });
      });
      expect((await host.human("lead").signIn()).status).toBe(403);
    } finally {
      await verified(true);
    }
  });

  test("through the library's own endpoint, also with a query that was consented to before", async () => {
    const { human, client, query } = await ask("lead");
    expect(
      (await human.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "low" }] })).status,
    ).toBe(200);
    await expectNoEffect(async () => {
      expect((await human.post("/api/auth/oauth2/consent", { accept: true, oauth_query: query })).status).toBe(404);
      const next = await human.openConsent(client.authorizationUrl("issues"));
      expect(next).toContain("sig=");
      expect(next).not.toContain("code=");
    });
  });

  test("when Permit does not take it", async () => {
    const { human, query } = await ask("lead");
    host.facts.beforeWrite = () => {
      throw new GatewayError("PERMIT_UNAVAILABLE");
    };
    await expectNoEffect(async () => {
      const answer = await human.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "low" }] });
      expect(answer).toMatchObject({ status: 503, body: { error: "PERMIT_UNAVAILABLE" } });
    });
  });
});

test("the human who answers is the one who consents, whoever opened the page", async () => {
  const { query, client } = await ask("lead");
  const other = host.human("developer");
  await other.signIn();
  const denied = await other.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "high" }] });
  expect(denied).toMatchObject({ status: 403, body: { error: "CEILING_EXCEEDED" } });
  expect(
    (await other.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "low" }] })).status,
  ).toBe(200);
  expect(host.facts.consents.get(`${client.clientId} developer@example.com issues`)).toBe("low");
  expect(host.facts.consents.has(`${client.clientId} lead@example.com issues`)).toBe(false);
});

test("denying tells the client, with state and issuer, and stores nothing", async () => {
  const { human, client, query } = await ask("lead");
  await expectNoEffect(async () => {
    const { status, body } = await human.answerConsent({ accept: false, query });
    const redirect = new URL(String(body.redirect));
    expect([status, redirect.origin + redirect.pathname]).toEqual([200, client.redirectUri]);
    const parameters = Object.fromEntries(redirect.searchParams);
    expect(parameters).toMatchObject({ error: "access_denied", state: client.state, iss: host.publicUrl });
    expect(parameters.code).toBeUndefined();
  });
});

test("Permit has the consent before the grant exists, and the grant before the code", async () => {
  const { human, client, query } = await ask("lead");
  const grantsAtGive: number[] = [];
  const before = await host.count("gateway_grant");
  host.facts.beforeWrite = () => {
    void host.count("gateway_grant").then((count) => grantsAtGive.push(count));
  };
  const { body } = await human.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "high" }] });
  expect(grantsAtGive).toEqual([before]);
  const tokens = tokensOf(await client.exchange(new URL(String(body.redirect))));
  const { connectionId: grantId } = await host.server.verifyToken(tokens.access, "issues");
  expect(await host.grants.find(grantId)).toMatchObject({ email: "lead@example.com", level: "high", revokedAt: null });
});

test("when no code comes of it, the consent is taken back in the database and in Permit", async () => {
  const { human, client, query } = await ask("lead");
  // The library finds the client gone between the check and the code.
  host.facts.beforeWrite = () => undefined;
  const give = host.facts.give.bind(host.facts);
  host.facts.give = async (agent, server, level) => {
    await give(agent, server, level);
    await host.database.kysely
      .updateTable("oauthClient" as "gateway_grant")
      .set({ disabled: true } as object)
      .where("clientId" as "client_id", "=", client.clientId)
      .execute();
  };
  try {
    const answer = await human.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "low" }] });
    expect(answer).toMatchObject({ status: 400, body: { error: "CONSENT_REQUEST_INVALID" } });
  } finally {
    host.facts.give = give;
  }
  const active = (await human.grants()).filter((grant) => grant.client.id === client.clientId);
  expect(active).toEqual([]);
  expect(host.facts.consents.has(`${client.clientId} lead@example.com issues`)).toBe(false);
});

describe("how long a consent lives", () => {
  const dayMs = 24 * 60 * 60 * 1000;
  const start = "2027-01-01T12:00:00.000Z";
  beforeEach(() => {
    host.time.aheadMs = Date.parse(start) - Date.now();
  });
  afterEach(async () => {
    host.time.aheadMs = 0;
    await host.directory.change();
  });
  const withAttributes = (attributes: ServerDocuments["attributes"] = {}) =>
    ({
      servers: { issues: { tools: { list_issues: "low" }, attributes } },
    }) as const;
  const lead = profileKey("lead@example.com");

  test.each<[string, Parameters<typeof host.directory.change>[0], number, number]>([
    ["the longest of all", {}, 90, 90],
    ["by the host", { host: { sessions: { idleDays: 20, absoluteDays: 60 } } }, 60, 60],
    ["by the server", withAttributes({ consent_days: 30 }), 30, 30],
    [
      "by the human's grant",
      withAttributes({ grant_terms: { [lead]: [{ ceiling: "high", consent_days: 14 }] } }),
      14,
      14,
    ],
    // Stored is its age alone: when the policy's grant is extended, no new consent is needed.
    [
      "until the human's grant ends",
      withAttributes({ grant_terms: { [lead]: [{ ceiling: "high", until: "2027-01-10" }] } }),
      9.5,
      90,
    ],
  ])("%s: on the page, in the list and in the store", async (_what, change, shownDays, storedDays) => {
    await host.directory.change(change);
    const { human, client, query } = await ask("lead");
    const daysTo = (iso: string | undefined) => (Date.parse(iso ?? "") - Date.parse(start)) / dayMs;
    const server = (await human.consentView(query)).server;
    expect(daysTo(server?.endsAt)).toBeCloseTo(shownDays, 2);
    expect(server?.idleDays).toBe(change?.host?.sessions?.idleDays ?? 30);

    expect(
      (await human.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "low" }] })).status,
    ).toBe(200);
    const listed = (await human.grants()).find((grant) => grant.client.id === client.clientId);
    expect(daysTo(listed?.endsAt)).toBeCloseTo(shownDays, 2);
    const stored = await host.grants.find(listed?.id ?? "");
    expect(daysTo(stored?.expiresAt.toISOString())).toBeCloseTo(storedDays, 2);
  });

  test("without use it ends for the list and for the token endpoint as it does for calls", async () => {
    const human = host.human("lead");
    const { client, tokens } = await host.connect(human, "low");
    const listed = async () => (await human.grants()).some((grant) => grant.client.id === client.clientId);
    await host.directory.change({ host: { sessions: { idleDays: 2, absoluteDays: 90 } } });
    host.time.aheadMs += 2 * dayMs - 60_000;
    const next = tokensOf(await client.refresh(tokens.refresh));
    expect(await listed()).toBe(true);
    host.time.aheadMs += 60_000;
    expect(await client.refresh(next.refresh)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect(await listed()).toBe(false);
  });
});

describe("the list of agents", () => {
  const grantOf = async (human: TestHuman, clientId: string) =>
    (await human.grants()).find((grant) => grant.client.id === clientId)?.id ?? "";

  test("is one's own, and only one's own can be ended", async () => {
    const lead = host.human("lead");
    const { client, tokens } = await host.connect(lead, "high");
    const id = await grantOf(lead, client.clientId);
    const other = host.human("developer");
    await other.signIn();
    expect(await grantOf(other, client.clientId)).toBe("");
    for (const foreign of [id, randomUUID(), "not-an-id", "%00"]) {
      const answer = await other.post(`/api/grants/${foreign}/revoke`, {});
      expect(answer).toMatchObject({ status: 404, body: { error: "GRANT_UNKNOWN" } });
    }
    expect((await host.human("lead").get("/api/grants")).status).toBe(401);
    expect((await host.human("lead").post(`/api/grants/${id}/revoke`, {})).status).toBe(401);
    expect((await lead.post(`/api/grants/${id}/revoke`, {}, { origin: "https://attacker.example.com" })).status).toBe(
      403,
    );
    expect((await host.grants.find(id))?.revokedAt).toBeNull();
    expect((await client.refresh(tokens.refresh)).status).toBe(200);

    expect((await lead.post(`/api/grants/${id}/revoke`, {})).status).toBe(200);
    expect((await host.grants.find(id))?.revokedAt).toBeInstanceOf(Date);
    expect(await grantOf(lead, client.clientId)).toBe("");
    expect((await lead.post(`/api/grants/${id}/revoke`, {})).status).toBe(200);
  });

  test("a revocation holds though Permit does not answer", async () => {
    const lead = host.human("lead");
    const { client, tokens } = await host.connect(lead, "high");
    const id = await grantOf(lead, client.clientId);
    host.facts.beforeWrite = () => {
      throw new GatewayError("PERMIT_UNAVAILABLE");
    };
    expect((await lead.post(`/api/grants/${id}/revoke`, {})).status).toBe(200);
    expect((await host.grants.find(id))?.revokedAt).toBeInstanceOf(Date);
    expect((await client.refresh(tokens.refresh)).status).toBe(400);
  });
});
