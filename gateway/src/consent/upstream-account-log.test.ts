/** What is on record of humans' accounts at MCP servers, and of servers of their own: through HTTP, at a real authorization server. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { DynamicHost } from "../../test/dynamic-fixture.ts";
import { type OAuthUpstream, startOAuthUpstream } from "../../test/oauth-upstream-fixture.ts";
import { TestClient, tokensOf } from "../oauth/testing/test-client.ts";
import type { TestHost } from "../oauth/testing/test-host.ts";
import type { TestHuman } from "../oauth/testing/test-human.ts";

let upstream: OAuthUpstream;
let dynamic: DynamicHost;
let host: TestHost;
let human: TestHuman;
let userAgent: TestClient;

/** Nobody's proxy: what these say must not be on record. */
const forged = { "x-forwarded-for": "203.0.113.200", "x-request-id": "chosen-by-the-browser" };
const loopback = expect.stringMatching(/^(?:::1|127\.0\.0\.1|::ffff:127\.0\.0\.1)$/);

beforeAll(async () => {
  upstream = await startOAuthUpstream();
  dynamic = await DynamicHost.start(() => [], "");
  host = dynamic.host;
  await host.directory.change({
    servers: {
      issues: {
        attributes: { name: "Issues", upstream_url: upstream.url, auth: { type: "oauth" } },
        tools: { list_issues: "low" },
      },
    },
  });
  host.facts.ceilingsOf["lead@example.com"] = { dynamic_mcp: "high", issues: "high" };
  human = host.human("lead");
  await human.signIn();
  userAgent = new TestClient(host.publicUrl);
  await userAgent.register();
});
beforeEach(() => {
  upstream.human = "agrees";
  host.noted.length = 0;
  host.audit.length = 0;
});
afterAll(async () => {
  await dynamic.close();
  await upstream.close();
});

const fact = (code: string, change: string, server: string) => ({
  ...{ event: "account_changed", human: "lead@example.com", code, change, server, clientAddress: loopback },
});
const connected = (server: string) => fact("UPSTREAM_CONNECTED", "upstream_connected", server);
const disconnected = (server: string) => fact("UPSTREAM_DISCONNECTED", "upstream_disconnected", server);

/** Consents to `issues` as one install of a client; returns how it is revoked. */
async function consented(client: TestClient) {
  const query = await human.openConsent(client.authorizationUrl("issues"));
  const known = new Set((await human.grants()).map(({ id }) => id));
  const answer = await human.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "low" }] });
  expect(answer.status).toBe(200);
  tokensOf(await client.exchange(new URL(String(answer.body.redirect))));
  const grant = (await human.grants()).find(({ id }) => !known.has(id));
  return () => human.post(`/api/grants/${grant?.id}/revoke`, {}, forged);
}

test("a human who connects an account is on record, once; who says no, or answers twice, is not", async () => {
  upstream.human = "denies";
  await human.signInUpstream("issues");
  expect(host.noted).toEqual([]);

  upstream.human = "agrees";
  await human.signInUpstream("issues");
  expect(host.noted).toMatchObject([connected("issues")]);
  const { location } = await human.get("/connect/issues/callback?code=x&state=y");
  expect([location, host.noted.length]).toEqual([`${host.publicUrl}/error?error=UPSTREAM_SIGN_IN_INVALID`, 1]);
});

test("it is disconnected with the last agent that could use it, and not before", async () => {
  await human.signInUpstream("issues");
  const another = new TestClient(host.publicUrl);
  await another.register();
  const [first, second] = [await consented(userAgent), await consented(another)];
  host.noted.length = 0;
  host.audit.length = 0;
  expect((await first()).status).toBe(200);
  expect(host.noted).toEqual([]);
  const answer = await second();
  expect(host.noted).toMatchObject([{ ...disconnected("issues"), requestId: answer.headers.get("x-request-id") }]);
  expect(answer.headers.get("x-request-id")).not.toBe(forged["x-request-id"]);
  expect(host.audit).toMatchObject(Array(2).fill({ event: "consent_ended", clientAddress: loopback }));
  // Without an account there is nothing to disconnect.
  expect((await second()).status).toBe(200);
  expect(host.noted).toHaveLength(1);
});

test("a server of a human's own: from where it was refused, connected and forgotten, with the account there", async () => {
  await dynamic.provision();
  const query = await human.openConsent(userAgent.authorizationUrl(undefined));
  const enter = (url: string) => human.post("/api/servers", { query, url }, forged);
  expect((await enter("https://10.0.0.1/mcp")).body.error).toBe("SERVER_URL_REFUSED");
  const server = String((await enter(upstream.url)).body.server);
  await human.signInUpstream(server, query);
  expect(host.noted).toMatchObject([connected(server)]);
  expect((await human.post(`/api/servers/${server}/forget`, {}, forged)).status).toBe(200);
  expect((await human.post(`/api/servers/${server}/forget`, {}, forged)).status).toBe(404);
  expect(host.noted).toMatchObject([connected(server), disconnected(server)]);
  expect(host.audit).toMatchObject([
    { event: "dynamic_server", code: "SERVER_URL_REFUSED", clientAddress: loopback },
    { event: "dynamic_server", code: "CONNECTED", clientAddress: loopback },
    { event: "dynamic_server", code: "FORGOTTEN", clientAddress: loopback },
  ]);
});
