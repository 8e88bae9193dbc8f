/** Clients that the policy lists, and hosts that let in no others. */
import type { HostAttributes } from "@permit-mcp-gateway/policies";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { GatewayError } from "../errors.ts";
import { TestClient, tokensOf } from "./testing/test-client.ts";
import { TestHost } from "./testing/test-host.ts";
import { type TestHuman, toAnswer } from "./testing/test-human.ts";

const secrets: Record<string, string> = { portal: "a secret of the portal", "portal-2": "another secret" };
const documentUrl = "https://client.example.com/client.json";
let documentFetches = 0;
let host: TestHost;
let human: TestHuman;
beforeAll(async () => {
  host = await TestHost.start(await openMemoryDatabase(), {
    secrets: {
      read: async (name) => {
        const value = secrets[name];
        if (value === undefined) throw new GatewayError("SECRET_UNAVAILABLE");
        return value;
      },
    },
    fetchClientMetadata: async () => {
      documentFetches += 1;
      return Response.json({
        client_id: documentUrl,
        client_name: "Document client",
        redirect_uris: ["http://127.0.0.1/callback"],
        token_endpoint_auth_method: "none",
      });
    },
  });
  human = host.human("lead");
});
afterEach(() => host.directory.change());
afterAll(() => host.close());

type Clients = NonNullable<HostAttributes["clients"]>;
const editor = { id: "editor", name: "The editor", redirectUris: ["http://127.0.0.1/callback"] };
const portal = {
  id: "portal",
  name: "Portal",
  redirectUris: ["https://portal.example.com/cb"],
  secret: { secret: "portal" },
};
const set = (clients: Clients) => host.directory.change({ host: { clients } });

function clientOf(id: string, redirectUri?: string): TestClient {
  const client = new TestClient(host.publicUrl, redirectUri);
  client.clientId = id;
  return client;
}

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;

async function exchangeWith(authorization: string | undefined, client: TestClient, callback: URL) {
  return toAnswer(
    await fetch(`${host.publicUrl}/api/auth/oauth2/token`, {
      method: "POST",
      headers: authorization === undefined ? {} : { authorization },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code: callback.searchParams.get("code") ?? "",
        redirect_uri: client.redirectUri,
        code_verifier: client.verifier,
      }),
    }),
  );
}

/** Where the authorization endpoint sends the browser. */
async function refusalOf(client: TestClient) {
  const { location, body } = await human.get(client.authorizationUrl("issues").href);
  const url = new URL(location ?? String(body.url), host.publicUrl);
  return [url.pathname, url.searchParams.get("error")];
}

async function callCode(access: string) {
  const answer = await fetch(`${host.publicUrl}/mcp/issues`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${access}` },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
  });
  return ((await answer.json()) as { error: { data: { code: string } } }).error.data.code;
}

describe("a listed client", () => {
  test("connects without registration, under the policy's name and redirect URIs of the moment", async () => {
    await set({ listed: [editor] });
    const client = clientOf("editor");
    const query = await human.openConsent(client.authorizationUrl("issues"));
    expect((await human.consentView(query)).client.name).toBe("The editor");
    const tokens = tokensOf(
      await client.exchange(await human.authorize(client.authorizationUrl("issues"), "issues", "low")),
    );
    await host.server.verifyToken(tokens.access, "issues");

    await set({ listed: [{ ...editor, name: "Renamed", redirectUris: ["https://editor.example.com/cb"] }] });
    expect(await refusalOf(client)).toEqual(["/error", "invalid_redirect"]);
    const moved = clientOf("editor", "https://editor.example.com/cb");
    const again = await human.openConsent(moved.authorizationUrl("issues"));
    expect((await human.consentView(again)).client.name).toBe("Renamed");
    tokensOf(await client.refresh(tokens.refresh));
  });

  test("that leaves the list is unknown at once, and known again when it is back", async () => {
    await set({ listed: [editor] });
    const client = clientOf("editor");
    const tokens = tokensOf(
      await client.exchange(await human.authorize(client.authorizationUrl("issues"), "issues", "low")),
    );
    await set({});
    expect(await refusalOf(client)).toEqual(["/error", "client_disabled"]);
    expect(await client.refresh(tokens.refresh)).toMatchObject({ status: 400, body: { error: "invalid_client" } });
    await set({ listed: [editor] });
    expect((await refusalOf(client))[0]).toBe("/consent");
    expect(await client.refresh(tokens.refresh)).toMatchObject({ status: 200 });
  });

  test("with a secret must prove it, with the one of today", async () => {
    await set({ listed: [portal] });
    const client = clientOf("portal", "https://portal.example.com/cb");
    const code = () => human.authorize(client.authorizationUrl("issues"), "issues", "low");
    const refused = { body: { error: "invalid_client" } };
    expect(await client.exchange(await code())).toMatchObject(refused);
    expect(await exchangeWith(basic("portal", "wrong"), client, await code())).toMatchObject(refused);
    expect(await client.exchange(await code(), { client_secret: "a secret of the portal" })).toMatchObject(refused);
    tokensOf(await exchangeWith(basic("portal", "a secret of the portal"), client, await code()));

    secrets.portal = "rotated";
    expect(await exchangeWith(basic("portal", "a secret of the portal"), client, await code())).toMatchObject(refused);
    tokensOf(await exchangeWith(basic("portal", "rotated"), client, await code()));
    const post = { ...portal, tokenEndpointAuthMethod: "client_secret_post" as const };
    await set({ listed: [post] });
    tokensOf(await client.exchange(await code(), { client_secret: "rotated" }));

    await set({ listed: [{ ...portal, secret: { secret: "missing" } }] });
    const callback = clientOf("portal", "https://portal.example.com/cb").authorizationUrl("issues");
    expect(await human.get(callback.href)).toMatchObject({ status: 503, body: { error: "SECRET_UNAVAILABLE" } });
    const stored = JSON.stringify(
      await host.database.kysely
        .selectFrom("oauthClient" as "gateway_grant")
        .selectAll()
        .execute(),
    );
    expect(stored).not.toContain("rotated");
  });

  test("that claims an id of somebody else's registration takes its place, and nobody can register a listed id", async () => {
    await set({ listed: [editor] });
    const { body } = await clientOf("").register({
      client_id: "editor",
      redirect_uris: ["https://attacker.example.com/"],
    });
    expect(body.client_id).not.toBe("editor");
    expect(await refusalOf(clientOf("editor", "https://attacker.example.com/"))).toEqual([
      "/error",
      "invalid_redirect",
    ]);
  });
});

describe("a host that is closed to others", () => {
  const closed: Clients = { registration: false, metadataDocuments: false, listed: [editor] };
  const metadata = async () =>
    (await (await fetch(`${host.publicUrl}/.well-known/oauth-authorization-server`)).json()) as Record<string, unknown>;

  test("lets nobody register, says so in its metadata, and stores nothing", async () => {
    expect(await metadata()).toMatchObject({ client_id_metadata_document_supported: true });
    await set(closed);
    const before = await host.count("oauthClient");
    expect(await clientOf("").register()).toMatchObject({ status: 403, body: { error: "access_denied" } });
    expect(await host.count("oauthClient")).toBe(before);
    const { registration_endpoint: endpoint, client_id_metadata_document_supported: documents } = await metadata();
    expect([endpoint, documents]).toEqual([undefined, false]);
  });

  test("fetches no metadata document but that of a listed client", async () => {
    await set(closed);
    const client = clientOf(documentUrl);
    expect(await refusalOf(client)).toEqual(["/error", "unauthorized_client"]);
    expect(documentFetches).toBe(0);
    await set({ ...closed, listed: [{ id: documentUrl }] });
    expect((await refusalOf(client))[0]).toBe("/consent");
    expect(await metadata()).toMatchObject({ client_id_metadata_document_supported: true });
  });

  test("is closed to those that were connected before: consent, code, tokens, calls; not to giving tokens back", async () => {
    const { client, tokens } = await host.connect(human, "low");
    const query = await human.openConsent(client.authorizationUrl("issues"));
    const callback = await human.authorize(client.authorizationUrl("issues"), "issues", "low");
    const grants = await host.count("gateway_grant");
    await set(closed);
    expect(await refusalOf(client)).toEqual(["/error", "unauthorized_client"]);
    const answer = { accept: true, query, servers: [{ server: "issues", level: "low" }] } as const;
    expect(await human.answerConsent(answer)).toMatchObject({ status: 403, body: { error: "CLIENT_NOT_ADMITTED" } });
    for (const { status, body } of [await client.exchange(callback), await client.refresh(tokens.refresh)]) {
      expect([status, body.error]).toEqual([400, "unauthorized_client"]);
    }
    expect(await callCode(tokens.access)).toBe("CLIENT_NOT_ADMITTED");
    expect(await host.count("gateway_grant")).toBe(grants);
    await host.directory.change();
    expect(await callCode(tokens.access)).toBe("UPSTREAM_UNAVAILABLE");
    await set(closed);
    expect((await client.revoke(tokens.refresh)).status).toBe(200);
    await host.directory.change();
    expect(await callCode(tokens.access)).toBe("GRANT_REVOKED");
  });
});
