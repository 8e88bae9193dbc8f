/**
 * Client ID Metadata Documents, fetched from a real https server through the guard that production has. Only the last hop
 * is another: names resolve to public addresses, and connections to those end at this machine.
 */
import type { lookup as resolve } from "node:dns";
import type { RequestListener } from "node:http";
import {
  auth,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type OAuthTokens,
} from "@modelcontextprotocol/client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type HttpsServer, startHttpsServer } from "../../testing/https-server.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { createGuardedFetch, type GuardedFetch } from "../adapters/guarded-fetch.ts";
import { TestClient, tokensOf } from "./testing/test-client.ts";
import { TestHost } from "./testing/test-host.ts";
import type { TestHuman } from "./testing/test-human.ts";

const publicAddress = "93.184.216.34";
/** What the names of the test resolve to, asked one after the other. */
let addresses: string[] = [publicAddress];
let handle: RequestListener;
let requests: string[] = [];
let documents: HttpsServer;
let guard: GuardedFetch;
let host: TestHost;
let human: TestHuman;

beforeAll(async () => {
  documents = await startHttpsServer("*.example.com", (request, response) => {
    requests.push(request.url ?? "");
    handle(request, response);
  });
  const lookup = ((_name: string, _options: object, done: (error: null, found: object[]) => void) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    )) as typeof resolve;
  guard = createGuardedFetch(
    { hosts: [], ranges: [] },
    { lookup, lastHop: { address: "127.0.0.1", ca: documents.ca } },
  );
  host = await TestHost.start(await openMemoryDatabase(), { fetchClientMetadata: guard.fetch });
  human = host.human("lead");
  await human.signIn();
});
beforeEach(() => {
  addresses = [publicAddress];
  requests = [];
});
afterAll(async () => {
  await host.close();
  await guard.close();
  await documents.close();
});

let count = 0;
/** A client id at the server, not seen before: nor is its host, so no connection is open. */
const newId = (host = `client-${count + 1}.example.com:${documents.port}`) => {
  count += 1;
  return `https://${host}/client-${count}.json`;
};
const documentOf = (clientId: string, changes: Record<string, unknown> = {}) => ({
  client_id: clientId,
  client_name: "Document client",
  redirect_uris: ["http://127.0.0.1/callback", "https://client.example.com/callback"],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
  ...changes,
});
const serve = (body: unknown, headers: Record<string, string> = {}, status = 200): RequestListener => {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
};
const clientOf = (clientId: string, redirectUri?: string) => {
  const client = new TestClient(host.publicUrl, redirectUri);
  client.clientId = clientId;
  return client;
};
/** Path and error of where the browser is sent. */
async function outcome(client: TestClient) {
  const { status, location, body } = await human.get(client.authorizationUrl("issues").href);
  const next = location ?? body.url;
  if (typeof next !== "string") return [String(status), body.error];
  const url = new URL(next, host.publicUrl);
  return [url.origin === host.publicUrl ? url.pathname : url.origin, url.searchParams.get("error")];
}
const clients = () => host.count("oauthClient");

test("a client whose document is at a public https address goes through the whole flow, on any loopback port", async () => {
  const id = newId();
  handle = serve(documentOf(id));
  const client = clientOf(id);
  const query = await human.openConsent(client.authorizationUrl("issues"));
  expect((await human.consentView(query)).client).toMatchObject({ id, name: "Document client" });
  const tokens = tokensOf(
    await client.exchange(await human.authorize(client.authorizationUrl("issues"), "issues", "low")),
  );
  tokensOf(await client.refresh(tokens.refresh));
  expect(requests).toHaveLength(1);
});

test("SDK 2.x gives the URL of its document as its id, and does not register", async () => {
  const id = newId();
  handle = serve(documentOf(id));
  let discovery: OAuthDiscoveryState | undefined;
  const state: { authorizationUrl?: URL; verifier?: string; tokens?: OAuthTokens; client?: { client_id: string } } = {};
  const provider: OAuthClientProvider = {
    redirectUrl: "http://127.0.0.1:33418/callback",
    clientMetadataUrl: id,
    clientMetadata: { client_name: "SDK client", redirect_uris: ["http://127.0.0.1:33418/callback"] },
    clientInformation: () => state.client,
    saveClientInformation: (client) => {
      state.client = client;
    },
    tokens: () => state.tokens,
    saveTokens: (tokens) => {
      state.tokens = tokens;
    },
    redirectToAuthorization: (url) => {
      state.authorizationUrl = url;
    },
    saveCodeVerifier: (verifier) => {
      state.verifier = verifier;
    },
    codeVerifier: () => state.verifier ?? "",
    saveDiscoveryState: (found) => {
      discovery = found;
    },
    discoveryState: () => discovery,
  };
  const before = await clients();
  const serverUrl = `${host.publicUrl}/mcp/issues`;
  expect(await auth(provider, { serverUrl })).toBe("REDIRECT");
  expect([state.authorizationUrl?.searchParams.get("client_id"), await clients()]).toEqual([id, before]);
  const callback = await human.authorize(state.authorizationUrl ?? "", "issues", "low");
  const authorizationCode = callback.searchParams.get("code") ?? "";
  const iss = callback.searchParams.get("iss") ?? "";
  expect(await auth(provider, { serverUrl, authorizationCode, iss })).toBe("AUTHORIZED");
  const first = state.tokens?.refresh_token;
  expect(await auth(provider, { serverUrl })).toBe("AUTHORIZED");
  expect(state.tokens?.refresh_token).not.toBe(first);
});

describe("refused, with no client stored and nothing sent to the redirect URI", () => {
  test.each([
    ["a private address", ["10.0.0.1"]],
    ["this machine", ["127.0.0.1"]],
    ["the link-local address of a cloud's metadata", ["169.254.169.254"]],
    ["a unique local address", ["fd00::1"]],
    ["a private IPv4 address in IPv6", ["::ffff:10.0.0.1"]],
    ["a private address beside a public one", [publicAddress, "192.168.1.1"]],
    ["no address", []],
  ])("a name at %s: no connection is made", async (_what, found) => {
    addresses = found;
    const [id, before] = [newId(), await clients()];
    handle = serve(documentOf(id));
    expect((await outcome(clientOf(id)))[0]).not.toBe("/consent");
    expect([requests, await clients()]).toEqual([[], before]);
  });

  test.each(["127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:7f00:1]", "2130706433", "localhost", "a.localhost"])(
    "a document at https://%s",
    async (address) => {
      const id = newId(`${address}:${documents.port}`);
      handle = serve(documentOf(id));
      expect((await outcome(clientOf(id)))[0]).not.toBe("/consent");
      expect(requests).toEqual([]);
    },
  );

  test.each<[string, (id: string) => RequestListener]>([
    [
      "a redirect",
      (id) => serve(documentOf(id), { location: `https://client.example.com:${documents.port}/other` }, 302),
    ],
    ["a redirect into the private network", (id) => serve(documentOf(id), { location: "https://10.0.0.1/" }, 307)],
    ["another type", (id) => serve(documentOf(id), { "content-type": "text/html" })],
    ["no JSON", () => (_request, response) => response.setHeader("content-type", "application/json").end("{")],
    ["too much", (id) => serve(documentOf(id, { client_name: "x".repeat(6_000) }))],
    [
      "too much, without saying so",
      (id) => (_request, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.write(JSON.stringify(documentOf(id)).slice(0, -1));
        response.end(`,"x":"${"y".repeat(20_000)}"}`);
      },
    ],
    ["an error", (id) => serve(documentOf(id), {}, 500)],
    ["another client's id", () => serve(documentOf("https://client.example.com/other.json"))],
    ["the id in another spelling", (id) => serve(documentOf(id.replace("https://", "HTTPS://")))],
    ["a secret", (id) => serve(documentOf(id, { client_secret: "of everybody" }))],
    [
      "a method that needs a secret",
      (id) => serve(documentOf(id, { token_endpoint_auth_method: "client_secret_post" })),
    ],
    ["no redirect URI", (id) => serve(documentOf(id, { redirect_uris: [] }))],
    ["another redirect URI", (id) => serve(documentOf(id, { redirect_uris: ["https://client.example.com/callback"] }))],
    ["another loopback name", (id) => serve(documentOf(id, { redirect_uris: ["http://localhost/callback"] }))],
    [
      "a script",
      (id) => serve(documentOf(id, { redirect_uris: ["javascript:alert(1)", "http://127.0.0.1/callback"] })),
    ],
  ])("a document with %s", async (_what, answer) => {
    const [id, before] = [newId(), await clients()];
    handle = answer(id);
    const [place] = await outcome(clientOf(id));
    expect(["/consent", "http://127.0.0.1:33418"]).not.toContain(place);
    // What is wrong with the request alone leaves a client behind, whose document is fine.
    expect((await clients()) - before).toBeLessThanOrEqual(1);
  });

  test("a redirect URI of plain http, though the document lists it", async () => {
    const id = newId();
    handle = serve(documentOf(id, { redirect_uris: ["http://attacker.example.com/callback"] }));
    const client = clientOf(id, "http://attacker.example.com/callback");
    expect(await outcome(client)).toEqual(["/error", "invalid_redirect"]);
  });

  test.each([
    "http://client.example.com/client.json",
    "https://user:password@client.example.com/client.json",
    "https://client.example.com",
    "https://client.example.com/a/../client.json",
    "https://client.example.com/client.json#x",
  ])("the client id %s is never fetched", async (id) => {
    expect((await outcome(clientOf(id)))[0]).toBe("/error");
    expect(requests).toEqual([]);
  });

  test("a server whose certificate is not believed", async () => {
    const strict = createGuardedFetch({ hosts: [], ranges: [] });
    await expect(strict.fetch(`https://localhost:${documents.port}/`)).rejects.toThrow();
    await strict.close();
    const id = newId(`client.example.org:${documents.port}`);
    handle = serve(documentOf(id));
    expect((await outcome(clientOf(id)))[0]).not.toBe("/consent");
    expect(requests).toEqual([]);
  });
});

describe("a document that changes", () => {
  test("is asked for again when it may not be kept: a redirect URI it lists no more is refused", async () => {
    const id = newId();
    handle = serve(documentOf(id), { "cache-control": "no-cache" });
    const client = clientOf(id);
    expect((await outcome(client))[0]).toBe("/consent");
    handle = serve(documentOf(id, { redirect_uris: ["https://client.example.com/elsewhere"] }), {
      "cache-control": "no-cache",
    });
    // Between two fetches of one document lies a second at least.
    await expect.poll(() => outcome(client), { interval: 300, timeout: 4_000 }).toEqual(["/error", "invalid_redirect"]);
  });

  test("that breaks does not go on as it was, and one that may be kept is not asked for again", async () => {
    const kept = newId();
    handle = serve(documentOf(kept), { "cache-control": "max-age=3600" });
    expect((await outcome(clientOf(kept)))[0]).toBe("/consent");
    handle = serve({ error: "gone" }, {}, 404);
    expect((await outcome(clientOf(kept)))[0]).toBe("/consent");
    expect(requests).toHaveLength(1);
  });
});
