/** Sign-in at a real OpenID provider and a real SAML identity provider, and what must not get in that way. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { type OidcIdentityProvider, startOidcIdentityProvider } from "../../testing/oidc-identity-provider.ts";
import {
  type SamlAnswer,
  type SamlIdentityProvider,
  startSamlIdentityProvider,
} from "../../testing/saml-identity-provider.ts";
import { TestClient, tokensOf } from "../oauth/testing/test-client.ts";
import { TestHost } from "../oauth/testing/test-host.ts";
import { type Answer, TestHuman } from "../oauth/testing/test-human.ts";

let host: TestHost;
let oidc: OidcIdentityProvider;
let saml: SamlIdentityProvider;
const password = { enabled: true };
const environment: Record<string, string> = {};

const oidcOn = (changes: object = {}) => ({
  host: {
    sign_in: {
      password,
      oidc: {
        enabled: true,
        issuer: oidc.issuer,
        clientId: "gateway",
        clientSecret: { secret: "oidc" },
        forceRedirectDomains: [],
        ...changes,
      },
    },
  },
});
const samlOn = (changes: object = {}) => {
  const { entryPoint, entityId: issuer, certificate } = saml;
  return {
    host: {
      sign_in: {
        password,
        saml: { enabled: true, entryPoint, issuer, certificate, forceRedirectDomains: [], ...changes },
      },
    },
  };
};

beforeAll(async () => {
  host = await TestHost.start(await openMemoryDatabase(), { environment });
  oidc = await startOidcIdentityProvider(host.publicUrl);
  saml = await startSamlIdentityProvider(host.publicUrl);
  environment.SECRET_OIDC = oidc.clientSecret;
});
afterEach(() => {
  host.time.aheadMs += 10 * 60_000;
});
afterAll(async () => {
  await host.close();
  await Promise.all([oidc.close(), saml.close()]);
});

const fresh = () => `${randomUUID()}@example.com`;
const users = () => host.count("user");
const browser = (email = fresh()) => new TestHuman(host.publicUrl, email, "");
const isSignedIn = async (human: TestHuman) => (await human.get("/api/grants")).status === 200;

/** Follows redirects until a page of the gateway, or a place that none leads away from. */
async function follow(human: TestHuman, start: string): Promise<{ url: URL; answer: Answer }> {
  let url = new URL(start, host.publicUrl);
  for (let hops = 0; hops < 12; hops += 1) {
    if (url.origin === host.publicUrl && ["/", "/sign-in", "/consent", "/error"].includes(url.pathname)) break;
    const answer = await human.get(url.href);
    // To a script, which sends no `Sec-Fetch-Mode: navigate`, the authorization endpoint says it as JSON.
    const next = answer.location ?? answer.body.url;
    if (typeof next !== "string") return { url, answer };
    url = new URL(next, url);
  }
  return { url, answer: await human.get(url.href) };
}

async function begin(human: TestHuman, method: "oidc" | "saml", query = ""): Promise<string> {
  const answer = await human.post("/api/sign-in/redirect", { method, query });
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return String(answer.body.url);
}

async function signInAtOidc(human: TestHuman, claims: object, query = ""): Promise<URL> {
  oidc.human = { sub: human.email, ...claims };
  return (await follow(human, await begin(human, "oidc", query))).url;
}

/** Sends the form that the identity provider has the browser send. */
async function postAnswer(
  human: TestHuman,
  { SAMLResponse, RelayState }: Partial<SamlAnswer>,
  path = "saml",
): Promise<Answer> {
  return human.postForm(`/api/auth/sso/saml2/sp/acs/${path}`, {
    ...(SAMLResponse === undefined ? {} : { SAMLResponse }),
    ...(RelayState === undefined ? {} : { RelayState }),
  });
}

const failed = (code: string) => `/sign-in#failed=${code}`;
const shown = ({ pathname, hash }: URL) => `${pathname}${hash}`;

describe("OpenID Connect", () => {
  test("from the client's authorization request to its tokens", async () => {
    await host.directory.change(oidcOn());
    const human = browser();
    host.facts.ceilingsOf[human.email] = { issues: "low" };
    const client = new TestClient(host.publicUrl);
    await client.register();
    const { url: page } = await follow(human, client.authorizationUrl("issues").href);
    expect(page.pathname).toBe("/sign-in");
    const consent = await signInAtOidc(human, { email: human.email, email_verified: true }, page.search.slice(1));
    expect(consent.pathname).toBe("/consent");
    const query = consent.search.slice(1);
    expect((await human.consentView(query)).human.email).toBe(human.email);
    const { body } = await human.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "low" }] });
    expect(tokensOf(await client.exchange(new URL(String(body.redirect)))).access).toBeTruthy();

    const asked = { human: human.email, clientAddress: expect.stringMatching(/^(?:::1|127\.0\.0\.1)$/) };
    expect(host.audit.filter(({ event }) => event === "sign_in").at(-1)).toMatchObject({
      ...{ ...asked, method: "oidc", decision: "allow" },
    });
    expect(host.noted.filter((record) => record.human === human.email)).toMatchObject([
      { ...asked, event: "account_changed", change: "created", requestId: expect.stringMatching(/./) },
    ]);
    const request = oidc.requests.at(-1);
    expect(request?.get("code_challenge_method")).toBe("S256");
    expect(request?.get("scope")?.split(" ")).toEqual(["openid", "email", "profile"]);
    // Nothing of the provider is kept.
    const { rows } =
      await sql<object>`select "accessToken", "refreshToken", "idToken" from account where "providerId" = 'oidc'`.execute(
        host.database.kysely,
      );
    expect(rows).toEqual([{ accessToken: null, refreshToken: null, idToken: null }]);
  });

  test("signs in to the account that has the address, again and again", async () => {
    await host.directory.change(oidcOn());
    const before = await users();
    host.noted.length = 0;
    const claims = { email: "lead@example.com", email_verified: true };
    expect(shown(await signInAtOidc(browser("subject-1"), claims))).toBe("/");
    const again = browser("subject-1");
    expect(shown(await signInAtOidc(again, claims))).toBe("/");
    expect([await users(), host.noted]).toEqual([before, []]);
    expect((await again.get("/api/account")).body).toMatchObject({ email: "lead@example.com" });
  });

  test.each<[string, object]>([
    ["false", { email_verified: false }],
    ["missing", {}],
    ["text", { email_verified: "true" }],
    ["of no address", { email: undefined, email_verified: true }],
    ["of another alphabet", { email: "developer@ex\u0430mple.com", email_verified: true }],
    ["of a look-alike that lower case makes equal", { email: "de\u212Aeloper@example.com", email_verified: true }],
    ["of a quoted local part", { email: '"developer@example.com"@example.com', email_verified: true }],
    ["of two addresses", { email: "developer@example.com,other@example.com", email_verified: true }],
    ["of a domain with a dot at its end", { email: "developer@example.com.", email_verified: true }],
  ])("an address that is not vouched for gets nothing: %s", async (_name, claims) => {
    await host.directory.change(oidcOn());
    const before = await users();
    const human = browser();
    const page = await signInAtOidc(human, { email: human.email, ...claims });
    expect([failed("EMAIL_NOT_PROVEN"), failed("SIGN_IN_FAILED")]).toContain(shown(page));
    expect([await isSignedIn(human), await users()]).toEqual([false, before]);
  });

  test.each<[string, object, string]>([
    ["of the method", { domains: ["example.org"] }, "dev@example.com"],
    ["a subdomain", { domains: ["example.com"] }, "dev@sub.example.com"],
    ["an empty list", { domains: [] }, "dev@example.com"],
  ])("domains: %s", async (_name, changes, email) => {
    await host.directory.change(oidcOn(changes));
    const before = await users();
    const human = browser();
    const page = await signInAtOidc(human, { email, email_verified: true });
    expect(shown(page)).toBe(failed("EMAIL_DOMAIN_FORBIDDEN"));
    expect([await isSignedIn(human), await users()]).toEqual([false, before]);
    const record = { event: "sign_in", human: email, method: "oidc", decision: "deny", code: "EMAIL_DOMAIN_FORBIDDEN" };
    expect(host.audit.at(-1)).toMatchObject(record);
  });

  test("an address that went to somebody else at the provider does not open its former owner's account", async () => {
    await host.directory.change(oidcOn());
    const [one, two] = [fresh(), fresh()];
    await signInAtOidc(browser("renamed"), { email: one, email_verified: true });
    await signInAtOidc(browser("other"), { email: two, email_verified: true });
    const human = browser("renamed");
    const page = await signInAtOidc(human, { email: two, email_verified: true });
    expect([shown(page), await isSignedIn(human)]).toEqual([failed("EMAIL_CHANGED"), false]);
    const made = host.noted.filter((record) => [one, two].includes(String(record.human)));
    expect(made.map(({ human, code }) => [human, code])).toEqual([one, two].map((email) => [email, "ACCOUNT_CREATED"]));
  });

  test("a sign-in that can't be recorded opens nothing", async () => {
    await host.directory.change(oidcOn());
    const human = browser();
    host.auditState.fails = true;
    const page = await signInAtOidc(human, { email: human.email, email_verified: true });
    host.auditState.fails = false;
    expect([shown(page), await isSignedIn(human)]).toEqual([failed("AUDIT_UNAVAILABLE"), false]);
  });

  test("an account whose address nobody has proven is neither linked nor opened", async () => {
    await host.directory.change(oidcOn());
    const human = browser();
    const id = randomUUID();
    await sql`insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
      values (${id}, 'x', ${human.email}, false, now(), now())`.execute(host.database.kysely);
    const page = await signInAtOidc(human, { email: human.email, email_verified: true });
    expect([shown(page), await isSignedIn(human)]).toEqual([failed("EMAIL_UNVERIFIED"), false]);
    const { rows } = await sql`select 1 from account where "userId" = ${id}`.execute(host.database.kysely);
    expect(rows).toEqual([]);
  });

  test("whoever refuses at the provider comes back to the sign-in page, with the request of the client", async () => {
    await host.directory.change(oidcOn());
    const human = browser();
    const client = new TestClient(host.publicUrl);
    await client.register();
    const { url: page } = await follow(human, client.authorizationUrl("issues").href);
    oidc.human = undefined;
    const back = (await follow(human, await begin(human, "oidc", page.search.slice(1)))).url;
    expect(shown(back)).toBe(failed("SIGN_IN_FAILED"));
    expect(back.searchParams.get("client_id")).toBe(client.clientId);
    // And can go on from there another way.
    const lead = new TestHuman(host.publicUrl, "lead@example.com", "correct horse battery");
    await lead.signIn();
    const next = await follow(lead, `/api/sign-in/continue?${back.search.slice(1)}`);
    expect(next.url.pathname).toBe("/consent");
  });

  test("another browser can't finish what one began, nor a second time, nor with another state", async () => {
    await host.directory.change(oidcOn());
    oidc.human = { sub: fresh(), email: fresh(), email_verified: true };
    const attacker = browser();
    let url = await begin(attacker, "oidc");
    while (new URL(url).origin !== host.publicUrl) {
      const { location } = await attacker.get(url);
      url = new URL(location ?? "", url).href;
    }
    const victim = browser();
    expect(shown((await follow(victim, url)).url)).toBe(failed("SIGN_IN_FAILED"));
    expect(await isSignedIn(victim)).toBe(false);
    const otherState = url.replace(/state=[^&]+/, "state=AAAA");
    expect(shown((await follow(attacker, otherState)).url)).toBe(failed("SIGN_IN_FAILED"));
    expect(await isSignedIn(attacker)).toBe(false);
  });

  test("the way back is once", async () => {
    await host.directory.change(oidcOn());
    const human = browser();
    oidc.human = { sub: human.email, email: human.email, email_verified: true };
    let url = await begin(human, "oidc");
    while (new URL(url).origin !== host.publicUrl) {
      const { location } = await human.get(url);
      url = new URL(location ?? "", url).href;
    }
    expect(shown((await follow(human, url)).url)).toBe("/");
    await human.post("/api/auth/sign-out", {});
    expect(shown((await follow(human, url)).url)).toBe(failed("SIGN_IN_FAILED"));
    expect(await isSignedIn(human)).toBe(false);
  });

  test("an error of the provider leads to no other site and shows none of its words", async () => {
    await host.directory.change(oidcOn());
    const human = browser();
    const state = new URL(await begin(human, "oidc")).searchParams.get("state") ?? "";
    const words = "<b>call 0123</b>";
    const query = new URLSearchParams({
      state,
      error: "server_error",
      error_description: words,
      error_uri: "https://attacker.test",
    });
    const answer = await human.get(`/api/auth/sso/callback/oidc?${query}`);
    expect([answer.status, answer.location]).toEqual([303, failed("SIGN_IN_FAILED")]);
  });

  test("changes of the policy and of the secret hold at once", async () => {
    await host.directory.change(oidcOn());
    const human = browser();
    const url = await begin(human, "oidc");
    await host.directory.change({ host: { sign_in: { password } } });
    const post = () => human.post("/api/sign-in/redirect", { method: "oidc", query: "" });
    expect(await post()).toMatchObject({ status: 403, body: { error: "SIGN_IN_METHOD_OFF" } });
    oidc.human = { sub: human.email, email: human.email, email_verified: true };
    expect(shown((await follow(human, url)).url)).toBe(failed("SIGN_IN_METHOD_OFF"));

    await host.directory.change(oidcOn());
    environment.SECRET_OIDC = "another secret";
    expect(shown(await signInAtOidc(human, { email: human.email, email_verified: true }))).toBe(
      failed("SIGN_IN_FAILED"),
    );
    environment.SECRET_OIDC = "";
    expect(await post()).toMatchObject({ status: 503, body: { error: "SECRET_UNAVAILABLE" } });
    environment.SECRET_OIDC = oidc.clientSecret;
    expect(shown(await signInAtOidc(human, { email: human.email, email_verified: true }))).toBe("/");
  });

  test.each([
    ["nobody there", "http://127.0.0.1:9"],
    ["in the clear on another machine", "http://idp.example.com"],
  ])("a provider that can't be used is said: %s", async (_name, issuer) => {
    await host.directory.change(oidcOn({ issuer }));
    const answer = await browser().post("/api/sign-in/redirect", { method: "oidc", query: "" });
    expect(answer).toMatchObject({ status: 502, body: { error: "IDENTITY_PROVIDER_UNAVAILABLE" } });
  });

  test("of a provider's document another issuer's is refused", async () => {
    await host.directory.change(oidcOn({ issuer: `${oidc.issuer}/tenant` }));
    expect((await browser().post("/api/sign-in/redirect", { method: "oidc", query: "" })).status).toBe(502);
  });
});

describe("SAML 2.0", () => {
  /** A browser with a request that waits for its answer. */
  const waiting = async (email = fresh()) => {
    await host.directory.change(samlOn());
    saml.email = email;
    const human = browser(email);
    return { human, url: await begin(human, "saml") };
  };

  test("from the client's authorization request to the consent page", async () => {
    await host.directory.change(samlOn());
    const human = browser();
    saml.email = human.email;
    const client = new TestClient(host.publicUrl);
    await client.register();
    const { url: page } = await follow(human, client.authorizationUrl("issues").href);
    const url = await begin(human, "saml", page.search.slice(1));
    const { status, location } = await postAnswer(human, await saml.answer(url));
    expect(status).toBe(303);
    const consent = (await follow(human, location ?? "")).url;
    expect(consent.pathname).toBe("/consent");
    expect((await human.consentView(consent.search.slice(1))).human.email).toBe(human.email);
  });

  test("the gateway's metadata are what an identity provider is set up with", async () => {
    await host.directory.change(samlOn());
    const response = await fetch(`${host.publicUrl}/api/auth/sso/saml2/sp/metadata`);
    const xml = await response.text();
    expect(xml).toContain(`entityID="${host.publicUrl}/api/auth/sso/saml2/sp/metadata"`);
    expect(xml).toContain(`Location="${host.publicUrl}/api/auth/sso/saml2/sp/acs/saml"`);
    expect(xml).toContain('WantAssertionsSigned="true"');
  });

  const decoded = ({ SAMLResponse, RelayState }: SamlAnswer, change: (xml: string) => string): SamlAnswer => ({
    SAMLResponse: Buffer.from(change(Buffer.from(SAMLResponse, "base64").toString("utf8"))).toString("base64"),
    RelayState,
  });
  const signed = /<saml:Assertion[\s\S]*?<\/saml:Assertion>/;
  const signature = /<ds:Signature[\s\S]*?<\/ds:Signature>/g;
  /** The assertion again, of somebody else and unsigned. */
  const forged = (xml: string) =>
    (signed.exec(xml)?.[0] ?? "")
      .replaceAll(signature, "")
      .replace(/ID="[^"]+"/, 'ID="_forged"')
      .replaceAll(/[0-9a-f-]{36}@example\.com/g, "lead@example.com");
  const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

  test.each<[string, (xml: string) => string]>([
    ["the address changed after signing", (xml) => xml.replaceAll(/[0-9a-f-]{36}@example\.com/g, "lead@example.com")],
    ["the signature stripped", (xml) => xml.replaceAll(signature, "")],
    [
      "a forged assertion before the signed one",
      (xml) => xml.replace("<saml:Assertion", `${forged(xml)}<saml:Assertion`),
    ],
    ["a forged assertion after it", (xml) => xml.replace("</samlp:Response>", `${forged(xml)}</samlp:Response>`)],
    [
      "the signed one moved into an extension",
      (xml) => {
        const own = signed.exec(xml)?.[0] ?? "";
        return xml
          .replace(own, forged(xml))
          .replace("<samlp:Status>", `<samlp:Extensions>${own}</samlp:Extensions><samlp:Status>`);
      },
    ],
    [
      "the signed one moved into the forged one's signature",
      (xml) => {
        const own = signed.exec(xml)?.[0] ?? "";
        const wrapper = `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Object>${own}</ds:Object></ds:Signature>`;
        return xml.replace(own, forged(xml).replace("</saml:Assertion>", `${wrapper}</saml:Assertion>`));
      },
    ],
    [
      "a comment in the address",
      (xml) => xml.replaceAll(/([0-9a-f-]{36})@example\.com/g, "lead@example.com<!---->.$1"),
    ],
    [
      "an entity",
      (xml) => `<!DOCTYPE x [<!ENTITY e "lead@example.com">]>${xml.replaceAll(/[0-9a-f-]{36}@example\.com/g, "&e;")}`,
    ],
  ])("an answer that was tampered with signs nobody in: %s", async (_name, change) => {
    const before = await users();
    const { human, url } = await waiting();
    const { location } = await postAnswer(human, decoded(await saml.answer(url), change));
    expect(location).toBe(failed("SIGN_IN_FAILED"));
    expect([await isSignedIn(human), await users()]).toEqual([false, before]);
  });

  test.each<[string, Record<string, string>]>([
    ["for another service", { Audience: "https://other.example.com" }],
    ["to another address", { Recipient: "https://other.example.com/acs" }],
    ["of another identity provider", { Issuer: "https://other-idp.example.com/saml" }],
    ["that has expired", { NotBefore: at(-900), NotOnOrAfter: at(-600) }],
    ["that would hold for ever", { timeless: "true" }],
    ["of the future", { NotBefore: at(600), NotOnOrAfter: at(900) }],
    ["to a request that was never made", { InResponseTo: "_made-up" }],
    ["to no request", { InResponseTo: "" }],
  ])("an answer %s signs nobody in", async (_name, changes) => {
    const before = await users();
    const { human, url } = await waiting();
    const { location } = await postAnswer(human, await saml.answer(url, changes));
    expect(location).toBe(failed("SIGN_IN_FAILED"));
    expect([await isSignedIn(human), await users()]).toEqual([false, before]);
  });

  test("an answer is good once", async () => {
    const { human, url } = await waiting();
    const answer = await saml.answer(url);
    expect((await postAnswer(human, answer)).location).toBe("/");
    await human.post("/api/auth/sign-out", {});
    expect((await postAnswer(human, answer)).location).toBe(failed("SIGN_IN_FAILED"));
    // Nor for a request of its own.
    const again = await begin(human, "saml");
    const { RelayState } = await saml.answer(again);
    expect((await postAnswer(human, { ...answer, RelayState })).location).toBe(failed("SIGN_IN_FAILED"));
    expect(await isSignedIn(human)).toBe(false);
  });

  test("an answer to one browser signs in no other: nobody is signed in as somebody of another's choice", async () => {
    const { human: attacker, url } = await waiting();
    const answer = await saml.answer(url);
    const victim = browser();
    expect((await postAnswer(victim, answer)).location).toBe(failed("SIGN_IN_FAILED"));
    // Not either while the victim's own request waits.
    await begin(victim, "saml");
    expect((await postAnswer(victim, answer)).location).toBe(failed("SIGN_IN_FAILED"));
    expect([await isSignedIn(victim), await isSignedIn(attacker)]).toEqual([false, false]);
  });

  test("what no request began, and what is no answer, is refused", async () => {
    const { human, url } = await waiting();
    const { SAMLResponse, RelayState } = await saml.answer(url);
    expect((await postAnswer(human, { SAMLResponse })).location).toBe(failed("SIGN_IN_FAILED"));
    expect((await postAnswer(human, { RelayState })).status).toBe(400);
    expect((await postAnswer(human, { SAMLResponse, RelayState: "https://attacker.test" })).location).toBe(
      failed("SIGN_IN_FAILED"),
    );
    expect((await postAnswer(human, { SAMLResponse, RelayState }, "other")).status).toBe(404);
    expect((await human.get("/api/auth/sso/saml2/sp/acs/saml?RelayState=https://attacker.test")).status).toBe(404);
    expect(await isSignedIn(human)).toBe(false);
  });

  test.each<[string, object, string, string]>([
    ["another domain", { domains: ["example.org"] }, "dev@example.com", "EMAIL_DOMAIN_FORBIDDEN"],
    ["another alphabet", { domains: ["example.com"] }, "dev@ex\u0430mple.com", "EMAIL_NOT_PROVEN"],
    [
      "a look-alike that lower case makes equal",
      { domains: ["example.com"] },
      "de\u212A@example.com",
      "EMAIL_NOT_PROVEN",
    ],
  ])("an address of %s", async (_name, changes, email, code) => {
    await host.directory.change(samlOn(changes));
    const before = await users();
    saml.email = email;
    const human = browser();
    const { location } = await postAnswer(human, await saml.answer(await begin(human, "saml")));
    expect([location, await isSignedIn(human), await users()]).toEqual([failed(code), false, before]);
  });

  test("another certificate in the policy holds at once", async () => {
    const other = await startSamlIdentityProvider(host.publicUrl);
    await host.directory.change(samlOn({ certificate: other.certificate }));
    const human = browser();
    const { location } = await postAnswer(human, await saml.answer(await begin(human, "saml")));
    expect([location, await isSignedIn(human)]).toEqual([failed("SIGN_IN_FAILED"), false]);
    await other.close();
  });
});

test.each([
  "/api/auth/sign-in/sso",
  "/api/auth/sign-in/social",
  "/api/auth/sso/register",
  "/api/auth/sso/update-provider",
  "/api/auth/sso/delete-provider",
  "/api/auth/sso/providers",
  "/api/auth/sso/get-provider",
  "/api/auth/sso/callback",
  "/api/auth/sso/callback/other",
  "/api/auth/sso/saml2/callback/saml",
  "/api/auth/sso/saml2/sp/slo/saml",
  "/api/auth/sso/saml2/logout/saml",
  "/api/auth/callback/apple",
])("%s of the library is closed", async (path) => {
  const human = browser();
  expect([(await human.post(path, {})).status, (await human.get(path)).status]).toEqual([404, 404]);
});

test("a sign-in is begun by the gateway's own pages only, and goes on at the gateway only", async () => {
  await host.directory.change(oidcOn());
  const human = browser();
  const body = { method: "oidc", query: "" };
  expect((await human.post("/api/sign-in/redirect", body, { origin: "https://attacker.test" })).status).toBe(403);
  for (const more of [
    { callbackURL: "https://attacker.test" },
    { scopes: ["admin"] },
    { additionalParams: { prompt: "none" } },
  ]) {
    expect((await human.post("/api/sign-in/redirect", { ...body, ...more })).status).toBe(400);
  }
  for (const query of [
    "//attacker.test",
    "redirect_uri=https://attacker.test",
    "client_id=x&redirect_uri=https://attacker.test",
    "connect=//attacker.test",
    "connect=..%2F..%2F%2Fattacker.test",
    "connect=%5C%5Cattacker.test",
  ]) {
    const page = await signInAtOidc(human, { email: human.email, email_verified: true }, query);
    expect(page.origin).toBe(host.publicUrl);
    expect((await follow(human, `/api/sign-in/continue?${query}`)).url.origin).toBe(host.publicUrl);
  }
});

test("a human who came to connect to a server is led back there, also when the sign-in failed at first", async () => {
  await host.directory.change(oidcOn());
  const failed = await signInAtOidc(browser(), { email: fresh(), email_verified: false }, "connect=issues");
  expect(`${failed.pathname}${failed.search}${failed.hash}`).toBe("/sign-in?connect=issues#failed=EMAIL_NOT_PROVEN");
  const human = browser();
  const page = await signInAtOidc(human, { email: human.email, email_verified: true }, "connect=issues");
  expect(`${page.pathname}${page.search}${page.hash}`).toBe("/connect/issues");
  expect((await follow(human, "/api/sign-in/continue?connect=issues")).url.pathname).toBe("/connect/issues");
});
