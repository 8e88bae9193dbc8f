/** The address that a request counts for: it can't be chosen by whoever sends the request. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../src/config.ts";
import { TestHost } from "../src/oauth/testing/test-host.ts";
import { openMemoryDatabase } from "../testing/memory-database.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";

const proxy = "10.0.3.7";
const environment = { TRUSTED_PROXIES: "10.0.0.0/16, 2001:db8:77::/48" };
let gateway: GatewayFixture;
beforeEach(async () => {
  gateway = await startGateway("http://127.0.0.1:1", { environment });
  gateway.provision({ host: { rate_limits: { all: { max: 1, windowSeconds: 60 } } } });
});
afterEach(() => gateway.close());

/** 404, or 429 when the request counts for an address that has asked before. */
async function ask(peer: string, forwardedFor?: string, more: Record<string, string> = {}): Promise<number> {
  const answer = await gateway.app.inject({
    url: "/nothing",
    remoteAddress: peer,
    headers: {
      host: new URL(gateway.url).host,
      ...(forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor }),
      ...more,
    },
  });
  return answer.statusCode;
}

test("from a peer that is no trusted proxy the header changes nothing", async () => {
  expect(await ask("203.0.113.5")).toBe(404);
  for (const spoofed of ["198.51.100.1", "10.0.3.7", "10.0.3.7, 198.51.100.2", "", "unknown", "::1"]) {
    expect(await ask("203.0.113.5", spoofed)).toBe(429);
  }
  expect(await ask("203.0.113.5", undefined, { forwarded: "for=198.51.100.3", "x-real-ip": "198.51.100.3" })).toBe(429);
  // Just outside of the block.
  expect([await ask("10.1.0.1", "198.51.100.4"), await ask("10.1.0.1", "198.51.100.5")]).toEqual([404, 429]);
});

test("behind trusted proxies it is the last address that is none of theirs, whatever a client has put before it", async () => {
  expect(await ask(proxy, "198.51.100.1")).toBe(404);
  for (const header of [
    "203.0.113.99, 198.51.100.1",
    "10.0.0.1, 198.51.100.1",
    "203.0.113.98,203.0.113.97 ,198.51.100.1",
    "\t, ,,198.51.100.1",
    "<script>, 198.51.100.1",
    // A second trusted proxy on the way.
    "203.0.113.96, 198.51.100.1, 10.0.9.9",
    "203.0.113.95, 198.51.100.1, 2001:db8:77::1",
    // Load balancers can be told to add the port, which is new for each connection.
    "198.51.100.1:40001",
    "203.0.113.94, 198.51.100.1:40002",
  ]) {
    expect([header, await ask(proxy, header)]).toEqual([header, 429]);
  }
  expect(await ask(proxy, "198.51.100.1, 198.51.100.2")).toBe(404);
  expect([await ask(proxy, "[2001:db8::1]:4711"), await ask(proxy, "2001:db8::2")]).toEqual([404, 429]);
  expect(await ask("::ffff:10.0.3.7", "203.0.113.93, 198.51.100.1")).toBe(429);
});

test("what is no address counts for the peer", async () => {
  expect(await ask(proxy, "unknown")).toBe(404);
  for (const header of ["unknown", "something-else", "198.51.100.1, _hidden", "999.1.1.1", ""]) {
    expect([header, await ask(proxy, header)]).toEqual([header, 429]);
  }
  expect(await ask(proxy)).toBe(429);
});

describe("sign-in and discovery behind a trusted proxy", async () => {
  const host = await TestHost.start(await openMemoryDatabase(), { environment });
  afterAll(() => host.close());
  const own = new URL(host.publicUrl).host;

  test("the session has the address that the limits count", async () => {
    const answer = await host.app.inject({
      method: "POST",
      url: "/api/auth/sign-in/email",
      remoteAddress: proxy,
      headers: { host: own, origin: host.publicUrl, "x-forwarded-for": "203.0.113.99, 198.51.100.1:40001" },
      payload: { email: "lead@example.com", password: "correct horse battery" },
    });
    expect(answer.statusCode).toBe(200);
    const rows = await host.database.kysely
      .selectFrom("session" as "gateway_grant")
      .selectAll()
      .execute();
    expect(rows).toMatchObject([{ ipAddress: "198.51.100.1" }]);
  });

  test.each([proxy, "203.0.113.5"])(
    "X-Forwarded-Host and -Proto of %s change neither issuer nor links",
    async (peer) => {
      const forged = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher", "x-forwarded-port": "1" };
      const get = (url: string, headers: Record<string, string>) =>
        host.app.inject({ url, remoteAddress: peer, headers: { ...headers, ...forged } });
      for (const path of ["oauth-authorization-server", "oauth-protected-resource/mcp/issues"]) {
        const { statusCode, body } = await get(`/.well-known/${path}`, { host: own });
        expect(statusCode).toBe(200);
        expect(body).toContain(host.publicUrl);
        expect(body).not.toMatch(/evil|gopher/);
      }
      const challenge = await get("/mcp/issues", { host: own });
      expect(challenge.statusCode).toBe(401);
      expect(challenge.headers["www-authenticate"]).toContain(`${host.publicUrl}/.well-known/`);
      const signIn = await get("/api/auth/oauth2/authorize?client_id=none&response_type=code", { host: own });
      expect(`${signIn.headers.location} ${signIn.body}`).not.toMatch(/evil|gopher/);
      // It does not stand in for the Host header either.
      expect((await get("/", { host: "evil.example" })).statusCode).toBe(421);
      const named = await host.app.inject({
        url: "/",
        remoteAddress: peer,
        headers: { host: "evil.example", "x-forwarded-host": own },
      });
      expect(named.statusCode).toBe(421);
    },
  );
});

test.each([
  ["10.0.0.0/16,", '"" must be an address or a CIDR block, such as 10.0.0.0/16'],
  ["loopback", '"loopback" must be an address or a CIDR block, such as 10.0.0.0/16'],
  ["10.0.0.0/33", '"10.0.0.0/33" must be an address or a CIDR block, such as 10.0.0.0/16'],
  ["10.0.0.0/255.255.0.0", '"10.0.0.0/255.255.0.0" must be an address or a CIDR block, such as 10.0.0.0/16'],
  ["0.0.0.0/0", '"0.0.0.0/0" would believe everybody; name the proxies'],
  ["10.0.0.1, ::/0", '"::/0" would believe everybody; name the proxies'],
])("TRUSTED_PROXIES=%s is refused", (value, message) => {
  expect(() => readConfig({ TRUSTED_PROXIES: value })).toThrow(ConfigError);
  expect(() => readConfig({ TRUSTED_PROXIES: value })).toThrow(`TRUSTED_PROXIES: ${message}`);
});
