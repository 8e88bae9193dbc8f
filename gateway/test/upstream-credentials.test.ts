/** What upstreams know the gateway and the human by: `X-Gateway-Auth`, and a secret that all humans share. */
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { audienceOf } from "../src/adapters/gateway-assertions.ts";
import { keepSecrets } from "../testing/test-log.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, toolCall } from "./mcp-requests.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

let upstream: UpstreamFixture;
let gateway: GatewayFixture;
let token: string;
const human = "alice@example.com";
const secret = "lin_secret_of_all_humans";

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(upstream.url);
  gateway.world.ceilings.set(human, "high");
  token = `token-${gateway.connect(human, "client", "high").id}`;
  keepSecrets([secret]);
});
beforeEach(() => {
  upstream.requests.length = 0;
  gateway.world.audit.length = 0;
});
afterEach(() => gateway.provision());
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const call = (headers: Record<string, string> = {}) => {
  const { headers: own, body } = toolCall("list_issues");
  return post(gateway, token, { headers: { ...own, ...headers }, body });
};
/** What the upstream got in its last request. */
const sent = (name: string) => upstream.requests.at(-1)?.headers[name];
const assertion = () => String(sent("x-gateway-auth")).replace(/^Bearer /, "");

describe("X-Gateway-Auth", () => {
  test("says which gateway calls, for whom, and verifies with its public keys", async () => {
    await call();
    const keys = createLocalJWKSet(await gateway.signingKeys.publicKeys());
    const now = gateway.world.now;
    const { payload, protectedHeader } = await jwtVerify(assertion(), keys, {
      ...{ issuer: "agent-security-gateway", audience: upstream.url, currentDate: now, typ: "JWT" },
    });
    const seconds = now.getTime() / 1000;
    expect(protectedHeader.alg).toBe("EdDSA");
    expect(payload).toMatchObject({ sub: human, tenant: "demo", jti: expect.any(String) });
    expect([payload.iat, payload.nbf, payload.exp]).toEqual([seconds - 30, seconds - 30, seconds + 300]);
  });

  test("is the same until it ends within half a minute, and never another human's", async () => {
    await call();
    const first = assertion();
    gateway.world.now = new Date(gateway.world.now.getTime() + 269_000);
    await call();
    expect(assertion()).toBe(first);
    gateway.world.now = new Date(gateway.world.now.getTime() + 1_000);
    await call();
    expect(assertion()).not.toBe(first);

    gateway.world.ceilings.set("bob@example.com", "high");
    const ofBob = gateway.connect("bob@example.com", "client", "high");
    await post(gateway, `token-${ofBob.id}`, toolCall("list_issues"));
    expect(decodeJwt(assertion()).sub).toBe("bob@example.com");
  });

  test("is never the client's own", async () => {
    await call({ "x-gateway-auth": "Bearer forged", "x-api-key": "forged", "x-gateway-tenant": "other" });
    expect(decodeJwt(assertion()).sub).toBe(human);
    expect([sent("x-api-key"), sent("x-gateway-tenant"), sent("authorization")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    ["https://API.Example.com/mcp//", "https://api.example.com/mcp"],
    ["https://example.com", "https://example.com"],
    ["https://example.com:8443/a/?b=c/", "https://example.com:8443/a/?b=c"],
  ])("the audience of %s is %s", (url, audience) => expect(audienceOf(url)).toBe(audience));
});

describe("a secret that all humans share", () => {
  const auth = { type: "header", header: "X-Api-Key", value: { secret: "issues/key" } } as const;

  test("goes where the policy says, to its server alone", async () => {
    gateway.world.secrets.SECRET_ISSUES_KEY = secret;
    gateway.provision({ server: { auth } });
    expect((await call()).body.result).toBeDefined();
    expect(sent("x-api-key")).toBe(secret);
    gateway.provision({ server: { auth: { ...auth, header: "Authorization", scheme: "Bearer" } } });
    await call({ authorization: `Bearer ${token}` });
    expect(sent("authorization")).toBe(`Bearer ${secret}`);
    gateway.provision();
    await call();
    expect([sent("x-api-key"), sent("authorization")]).toEqual([undefined, undefined]);
  });

  test.each([
    ["that is not there", {}],
    ["that would be a header of its own", { SECRET_ISSUES_KEY: "key\r\nx-admin: true" }],
  ])("%s: the call is refused, on record, and the upstream is not asked", async (_what, secrets) => {
    delete gateway.world.secrets.SECRET_ISSUES_KEY;
    Object.assign(gateway.world.secrets, secrets);
    gateway.provision({ server: { auth } });
    const { status, body, text } = await call();
    expect([status, body.error?.data.code]).toEqual([503, "SECRET_UNAVAILABLE"]);
    expect(text).not.toContain("x-admin");
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit.length).toBe(1);
  });
});
