/** `/mcp`, whose server the human chooses: discovery, default, pre-selection, and what its tokens are good for. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { auth } from "@modelcontextprotocol/client";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { grantsBelievedMs } from "../adapters/grant-store.ts";
import { TestClient, tokensOf } from "./testing/test-client.ts";
import { TestHost } from "./testing/test-host.ts";
import { type TestHuman, toAnswer } from "./testing/test-human.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start(await openMemoryDatabase());
});
afterEach(() => host.directory.change());
afterAll(() => host.close());

const humans = new Map<string, TestHuman>();
const issuesUpstream = "https://issues.example.com/mcp";
const metadataPath = "/.well-known/oauth-protected-resource/mcp";

async function ask(name: "lead" | "developer" | "contractor", changes: Record<string, string | undefined> = {}) {
  // Signed in once: passwords are slow on purpose.
  const human = humans.get(name) ?? host.human(name);
  humans.set(name, human);
  const client = new TestClient(host.publicUrl);
  await client.register();
  const query = await human.openConsent(client.authorizationUrl(undefined, changes));
  return { human, client, query };
}

async function consent(human: TestHuman, client: TestClient, server: string) {
  const callback = await human.authorize(client.authorizationUrl(undefined), server, "low");
  return tokensOf(await client.exchange(callback));
}

/** What a call with this token gets; 502 is past every check, as there is no upstream here. */
async function call(path: string, token?: string, method: "POST" | "GET" | "DELETE" = "POST") {
  const body = { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} };
  return toAnswer(
    await fetch(`${host.publicUrl}${path}`, {
      method,
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(method === "POST" ? { body: JSON.stringify(body) } : {}),
    }),
  );
}

describe("discovery", () => {
  test("the challenge leads to the metadata of /mcp, with the server to begin with as the client wrote it", async () => {
    for (const query of [
      "",
      `?upstream_mcp=${issuesUpstream}`,
      `?upstream_mcp=${encodeURIComponent(issuesUpstream)}`,
    ]) {
      const { status, headers } = await call(`/mcp${query}`);
      expect(status).toBe(401);
      const url = /resource_metadata="([^"]*)"/.exec(headers.get("www-authenticate") ?? "")?.[1] ?? "";
      expect(url).toBe(`${host.publicUrl}${metadataPath}${query}`);
      expect(await (await fetch(url)).json()).toEqual({
        resource: `${host.publicUrl}/mcp${query}`,
        resource_name: "Demo host",
        authorization_servers: [host.publicUrl],
        scopes_supported: ["mcp", "offline_access"],
        bearer_methods_supported: ["header"],
      });
    }
  });

  test.each([
    "?other=1",
    "?upstream_mcp=",
    "?upstream_mcp=a&upstream_mcp=b",
    `?upstream_mcp=${"a".repeat(3000)}`,
    '?x="',
  ])("%s is no part of the resource", async (query) => {
    const { headers } = await call(`/mcp${query}`);
    expect(headers.get("www-authenticate")).toContain(`resource_metadata="${host.publicUrl}${metadataPath}",`);
    const { resource } = (await (await fetch(`${host.publicUrl}${metadataPath}${query}`)).json()) as {
      resource: string;
    };
    expect(resource).toBe(`${host.publicUrl}/mcp`);
  });
});

describe("the choice", () => {
  test("is among the servers granted to this human, with their limits, by name", async () => {
    const lead = await ask("lead");
    const view = await lead.human.consentView(lead.query);
    expect([view.server, view.refused, view.choice?.preselected]).toEqual([null, null, []]);
    expect(view.choice?.servers.map(({ key, ceiling }) => [key, ceiling])).toEqual([
      ["issues", "high"],
      ["wiki", "high"],
    ]);
    const developer = await ask("developer");
    const { choice } = await developer.human.consentView(developer.query);
    expect(choice?.servers.map(({ key, ceiling }) => [key, ceiling])).toEqual([["issues", "medium"]]);
    const contractor = await ask("contractor");
    expect((await contractor.human.consentView(contractor.query)).choice).toEqual({
      servers: [],
      preselected: [],
      entering: null,
      most: 20,
    });
  });

  test("leaves out a server whose policy can't be enforced, and is refused where the host's can't", async () => {
    const { human, query } = await ask("lead");
    await host.directory.change({ servers: { issues: { tools: {}, attributes: { requires: ["something-new"] } } } });
    expect((await human.consentView(query)).choice?.servers.map(({ key }) => key)).toEqual(["wiki"]);
    await host.directory.change({ host: { requires: ["something-new"] } });
    const { choice, refused } = await human.consentView(query);
    expect([choice, refused?.error]).toEqual([null, "POLICY_UNSUPPORTED"]);
    await host.directory.change();
  });

  test("begins with the server of upstream_mcp, when it is granted, however the URL is written", async () => {
    const resource = (url: string) => ({ resource: `${host.publicUrl}/mcp?upstream_mcp=${encodeURIComponent(url)}` });
    const preselected = async (name: "lead" | "developer", url: string) => {
      const { human, query } = await ask(name, resource(url));
      return (await human.consentView(query)).choice?.preselected;
    };
    expect(await preselected("lead", issuesUpstream)).toEqual(["issues"]);
    expect(await preselected("lead", "https://ISSUES.example.com:443/mcp/")).toEqual(["issues"]);
    expect(await preselected("lead", "https://other.example.com/mcp")).toEqual([]);
    expect(await preselected("lead", "not a URL")).toEqual([]);
    expect(await preselected("developer", "https://wiki.example.com/mcp")).toEqual([]);
  });

  test("is what a request without resource is for, and its tokens are for /mcp", async () => {
    const { human, client, query } = await ask("lead", { resource: undefined });
    expect((await human.consentView(query)).choice?.servers).toHaveLength(2);
    const callback = await human.authorize(client.authorizationUrl(undefined, { resource: undefined }), "wiki", "low");
    const tokens = tokensOf(await client.exchange(callback));
    expect((await call("/mcp", tokens.access)).status).toBe(502);
    const next = tokensOf(await client.refresh(tokens.refresh));
    expect((await call("/mcp", next.access)).status).toBe(502);
  });

  test("of a client that repeats upstream_mcp in resource at the token endpoint holds for /mcp", async () => {
    const resource = `${host.publicUrl}/mcp?upstream_mcp=${issuesUpstream}`;
    const { human, client } = await ask("lead");
    const callback = await human.authorize(client.authorizationUrl(undefined, { resource }), "wiki", "low");
    const tokens = tokensOf(await client.exchange(callback, { resource }));
    expect((await call(`/mcp?upstream_mcp=${issuesUpstream}`, tokens.access)).status).toBe(502);
    tokensOf(await client.refresh(tokens.refresh, { resource }));
  });

  test("is recorded as none when the human denies before it", async () => {
    const { human, client, query } = await ask("lead");
    expect((await human.answerConsent({ accept: false, query })).status).toBe(200);
    expect(host.audit.at(-1)).toMatchObject({
      code: "CONSENT_DENIED",
      server: null,
      agent: { clientId: client.clientId },
    });
  });
});

describe("refused, without effect", () => {
  const both = [
    { server: "issues", level: "low" },
    { server: "wiki", level: "low" },
  ] as const;
  const state = async () => ({
    grants: await host.count("gateway_grant"),
    codes: await host.count("verification"),
    facts: host.facts.writes.length,
  });

  test.each([
    [
      "a server that is not granted",
      "developer",
      { servers: [{ server: "wiki", level: "low" }] },
      "SERVER_NOT_GRANTED",
    ],
    [
      "a server of somebody else",
      "contractor",
      { servers: [{ server: "issues", level: "low" }] },
      "SERVER_NOT_GRANTED",
    ],
    ["a server that does not exist", "lead", { servers: [{ server: "none", level: "low" }] }, "SERVER_NOT_GRANTED"],
    ["an inherited name", "lead", { servers: [{ server: "__proto__", level: "low" }] }, "SERVER_NOT_GRANTED"],
    ["a level above the ceiling", "developer", { servers: [{ server: "issues", level: "high" }] }, "CEILING_EXCEEDED"],
    ["no server", "lead", { servers: [] }, "REQUEST_INVALID"],
    ["a server twice", "lead", { servers: [both[0], { ...both[0], level: "high" }] }, "REQUEST_INVALID"],
    ["two, one of them not granted", "developer", { servers: both }, "SERVER_NOT_GRANTED"],
  ] as const)("%s", async (_what, name, answer, error) => {
    const { human, query } = await ask(name);
    const before = await state();
    expect((await human.post("/api/consent", { accept: true, query, ...answer })).body.error).toBe(error);
    expect(await state()).toEqual(before);
  });

  test("another human's request, a request of nobody, and one of another site", async () => {
    const { query } = await ask("lead");
    const other = host.human("contractor");
    const answer = { accept: true, query, servers: [{ server: "issues", level: "low" }] } as const;
    const before = await state();
    expect((await other.answerConsent(answer)).body.error).toBe("NOT_SIGNED_IN");
    await other.signIn();
    expect((await other.answerConsent(answer)).body.error).toBe("SERVER_NOT_GRANTED");
    const lead = host.human("lead");
    await lead.signIn();
    const foreign = await lead.answerConsent(answer, { origin: "https://attacker.example.com" });
    expect(foreign.body.error).toBe("ORIGIN_FORBIDDEN");
    expect(await state()).toEqual(before);
  });

  test("a changed server to begin with: it is signed", async () => {
    const resource = `${host.publicUrl}/mcp?upstream_mcp=${issuesUpstream}`;
    const { human, query } = await ask("lead", { resource });
    const changed = query.replace(/upstream_mcp=[^&]*/, "upstream_mcp=https%3A%2F%2Fwiki.example.com%2Fmcp");
    expect(changed).not.toBe(query);
    expect(await human.get(`/api/consent?${changed}`)).toMatchObject({
      status: 400,
      body: { error: "CONSENT_REQUEST_INVALID" },
    });
  });

  test.each(["/mcp?other=1", "/mcp/", "/mcp/issues?upstream_mcp=a", "/mcpx", ""])(
    "the resource %j of this host",
    async (path) => {
      const client = new TestClient(host.publicUrl);
      await client.register();
      const url = client.authorizationUrl(undefined, { resource: `${host.publicUrl}${path}` });
      const { location, body } = await host.human("lead").get(url.href);
      expect(new URL(location ?? String(body.url)).searchParams.get("error")).toBe("invalid_target");
    },
  );
});

describe("audience (RFC 8707)", () => {
  test("a token of /mcp is good there and nowhere else; a server's token is not good at /mcp", async () => {
    const human = host.human("lead");
    const chosen = new TestClient(host.publicUrl);
    await chosen.register();
    const { access } = await consent(human, chosen, "issues");
    const { tokens: fixed } = await host.connect(human, "low", { server: "issues" });
    for (const method of ["POST", "GET", "DELETE"] as const) {
      expect((await call("/mcp", access, method)).status).toBe(502);
      for (const [path, token] of [
        ["/mcp/issues", access],
        ["/mcp/wiki", access],
        ["/mcp", fixed.access],
        ["/mcp/wiki", fixed.access],
      ] as const) {
        const { status, body } = await call(path, token, method);
        expect([path, status, (body.error as { data: { code: string } }).data.code]).toEqual([
          path,
          401,
          "TOKEN_INVALID",
        ]);
      }
    }
    expect((await call("/mcp/issues", fixed.access)).status).toBe(502);
  });

  test("neither can be had with the other's code or refresh token", async () => {
    const { human, client } = await ask("lead");
    const callback = await human.authorize(client.authorizationUrl(undefined), "issues", "low");
    const resource = `${host.publicUrl}/mcp/issues`;
    const wrong = await client.exchange(callback, { resource });
    expect(wrong.status).toBeGreaterThanOrEqual(400);
    expect(wrong.body.access_token).toBeUndefined();

    const chosen = await consent(human, client, "issues");
    expect(await client.refresh(chosen.refresh, { resource })).toMatchObject({ body: { error: "invalid_target" } });
    const { client: other, tokens } = await host.connect(human, "low");
    const back = await other.refresh(tokens.refresh, { resource: `${host.publicUrl}/mcp` });
    expect(back).toMatchObject({ status: 400, body: { error: "invalid_target" } });
  });

  test("a grant whose row names another resource serves nobody: token and consent must agree", async () => {
    const { human, client } = await ask("lead");
    const { access } = await consent(human, client, "issues");
    const { connectionId: grantId } = await host.server.verifyToken(access, undefined);
    const set = async (resource: string) => {
      await host.database.kysely.updateTable("gateway_grant").set({ resource }).where("id", "=", grantId).execute();
      await sleep(grantsBelievedMs);
    };
    await set("/mcp/issues");
    expect((await call("/mcp", access)).status).toBe(401);
    await set("/mcp");
    expect((await call("/mcp", access)).status).toBe(502);
  });

  test("a server that leaves the policy is gone at /mcp too, and comes back", async () => {
    const { human, client } = await ask("lead");
    const { access, refresh } = await consent(human, client, "wiki");
    await host.directory.change({ host: { servers: ["issues"] } });
    expect((await call("/mcp", access)).body).toMatchObject({ error: { data: { code: "SERVER_UNKNOWN" } } });
    expect((await client.refresh(refresh)).status).toBe(400);
    await host.directory.change();
    expect((await call("/mcp", access)).status).toBe(502);
  });
});

test("SDK 2.x takes upstream_mcp from its URL to the consent page", async () => {
  let authorizationUrl: URL | undefined;
  const provider = {
    redirectUrl: "http://127.0.0.1:33418/callback",
    clientMetadata: { client_name: "SDK client", redirect_uris: ["http://127.0.0.1:33418/callback"] },
    clientInformation: () => undefined,
    saveClientInformation: () => undefined,
    tokens: () => undefined,
    saveTokens: () => undefined,
    redirectToAuthorization: (url: URL) => {
      authorizationUrl = url;
    },
    saveCodeVerifier: () => undefined,
    codeVerifier: () => randomUUID(),
  };
  const serverUrl = `${host.publicUrl}/mcp?upstream_mcp=${issuesUpstream}`;
  expect(await auth(provider, { serverUrl })).toBe("REDIRECT");
  const human = host.human("lead");
  const query = await human.openConsent(authorizationUrl ?? "");
  expect((await human.consentView(query)).choice?.preselected).toEqual(["issues"]);
});
