/** Sign-in with Google, GitHub and Microsoft, whose endpoints are on this machine, and what must not get in that way. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { type SocialProviders, startSocialProviders } from "../../testing/social-providers.ts";
import { TestHost } from "../oauth/testing/test-host.ts";
import { TestHuman } from "../oauth/testing/test-human.ts";

type Method = "google" | "github" | "microsoft";

const tenantId = "8f1d3c5e-0000-4000-8000-000000000001";
const secret = "the client's secret at the provider";
let host: TestHost;
let providers: SocialProviders;

const on = (changes: Partial<Record<Method, object>> = {}) => {
  const client = { enabled: true, clientId: "gateway", clientSecret: { secret: "social" } };
  return {
    host: {
      sign_in: {
        password: { enabled: true },
        google: { ...client, ...changes.google },
        github: { ...client, ...changes.github },
        microsoft: { ...client, tenantId, ...changes.microsoft },
      },
    },
  };
};

beforeAll(async () => {
  host = await TestHost.start(await openMemoryDatabase(), { environment: { SECRET_SOCIAL: secret } });
  providers = await startSocialProviders(secret);
  await host.directory.change(on());
});
afterEach(async () => {
  await host.directory.change(on());
  host.time.aheadMs += 10 * 60_000;
});
afterAll(async () => {
  await host.close();
  await providers.close();
});

const fresh = () => `${randomUUID()}@example.com`;
const subject = () => randomUUID();
const google = (email: unknown, claims: object = {}) => ({
  iss: "https://accounts.google.com",
  sub: subject(),
  email,
  email_verified: true,
  ...claims,
});
const microsoft = (email: unknown, claims: object = {}) => ({
  iss: `https://login.microsoftonline.com/${tenantId}/v2.0`,
  tid: tenantId,
  oid: subject(),
  sub: subject(),
  email,
  xms_edov: true,
  ...claims,
});
const github = (email: unknown, emails: object[] = [{ email, primary: true, verified: true }], user: object = {}) => ({
  user: { id: Math.floor(Math.random() * 1e9), login: "developer", name: "Developer", email: null, ...user },
  emails,
});

/** Where the browser ends up: `/` after a sign-in, else the sign-in page with the reason. */
async function signIn(method: Method, human: object, browser = new TestHuman(host.publicUrl, "", "")) {
  providers.human = human as Record<string, unknown>;
  const users = await host.count("user");
  const begun = await browser.post("/api/sign-in/redirect", { method, query: "" });
  if (begun.status !== 200) return { ended: String(begun.body.error), email: undefined, made: 0, browser };
  const { location } = await browser.get(providers.authorize(String(begun.body.url)));
  const account = await browser.get("/api/account");
  const made = (await host.count("user")) - users;
  return { ended: location, email: account.status === 200 ? account.body.email : undefined, made, browser };
}
const failed = (code: string) => ({ ended: `/sign-in#failed=${code}`, email: undefined, made: 0 });

describe.each<[Method, (email: string) => object]>([
  ["google", google],
  ["github", github],
  ["microsoft", microsoft],
])("%s", (method, human) => {
  test("makes an account of a verified address, and signs in to it afterwards", async () => {
    const email = fresh();
    const who = human(email);
    expect(await signIn(method, who)).toMatchObject({ ended: "/", email, made: 1 });
    expect(await signIn(method, who)).toMatchObject({ ended: "/", email, made: 0 });
  });

  test("signs in to the account that has the address", async () => {
    expect(await signIn(method, human("developer@example.com"))).toMatchObject({
      ended: "/",
      email: "developer@example.com",
      made: 0,
    });
  });

  test("is held to its own list of domains", async () => {
    await host.directory.change(on({ [method]: { domains: ["example.org"] } }));
    expect(await signIn(method, human(fresh()))).toMatchObject(failed("EMAIL_DOMAIN_FORBIDDEN"));
  });

  test("refuses another account at the provider that took over a known one's address change", async () => {
    const who = human(fresh());
    await signIn(method, who);
    const other = fresh();
    const renamed =
      method === "github"
        ? {
            ...who,
            emails: [{ email: other, primary: true, verified: true }],
            user: { ...(who as { user: object }).user, email: null },
          }
        : { ...who, email: other };
    expect(await signIn(method, renamed)).toMatchObject(failed("EMAIL_CHANGED"));
  });

  test("asks for no more than the address, with PKCE and a state", async () => {
    const { body } = await new TestHuman(host.publicUrl, "", "").post("/api/sign-in/redirect", {
      method,
      query: "",
      email: "developer@example.com",
    });
    const { searchParams } = new URL(String(body.url));
    const scopes = {
      google: "email profile openid",
      github: "read:user user:email",
      microsoft: "openid profile email",
    };
    expect(searchParams.get("scope")).toBe(scopes[method]);
    expect(searchParams.get("code_challenge_method")).toBe("S256");
    expect(searchParams.get("state")).toHaveLength(32);
    expect(searchParams.get("redirect_uri")).toBe(`${host.publicUrl}/api/auth/callback/${method}`);
  });

  test("without its secret says that it can't be used, while the others can", async () => {
    await host.directory.change(on({ [method]: { clientSecret: { secret: "missing" } } }));
    expect((await signIn(method, human(fresh()))).ended).toBe("SECRET_UNAVAILABLE");
    expect((await new TestHuman(host.publicUrl, "lead@example.com", "correct horse battery").signIn()).status).toBe(
      200,
    );
  });
});

test.each<[string, Method, (email: string) => object]>([
  ["Google, not verified", "google", (email) => google(email, { email_verified: false })],
  ["Google, not said", "google", (email) => google(email, { email_verified: undefined })],
  ["Google, as text", "google", (email) => google(email, { email_verified: "true" })],
  ["GitHub, not verified", "github", (email) => github(email, [{ email, primary: true, verified: false }])],
  ["GitHub, not in the list", "github", (email) => github(email, [], { email })],
  [
    "GitHub, verified as another one",
    "github",
    (email) => github(email, [{ email: "other@example.com", primary: true, verified: true }], { email }),
  ],
  ["Microsoft, without xms_edov", "microsoft", (email) => microsoft(email, { xms_edov: undefined })],
  ["Microsoft, xms_edov false", "microsoft", (email) => microsoft(email, { xms_edov: false })],
  ["Microsoft, xms_edov 0", "microsoft", (email) => microsoft(email, { xms_edov: "0" })],
  [
    "Microsoft, email_verified alone",
    "microsoft",
    (email) => microsoft(email, { xms_edov: undefined, email_verified: true }),
  ],
  [
    "Microsoft, verified_primary_email alone",
    "microsoft",
    (email) => microsoft(email, { xms_edov: undefined, verified_primary_email: [email] }),
  ],
  [
    "Microsoft, of another tenant",
    "microsoft",
    (email) => microsoft(email, { tid: "11111111-2222-4333-8444-555555555555" }),
  ],
  [
    "Microsoft, of another tenant throughout",
    "microsoft",
    (email) =>
      microsoft(email, {
        tid: "11111111-2222-4333-8444-555555555555",
        iss: "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0",
      }),
  ],
])("an address that is not vouched for opens no account: %s", async (_name, method, human) => {
  expect(await signIn(method, human("lead@example.com"))).toMatchObject(failed("EMAIL_NOT_PROVEN"));
  expect(await signIn(method, human(fresh()))).toMatchObject(failed("EMAIL_NOT_PROVEN"));
});

test.each(["le\u0430d@example.com", "dev@\u212Aexample.com", "dev@example.com.", '"lead@example.com"@example.org'])(
  "an address that only looks like one opens no account: %j",
  async (email) => {
    for (const [method, human] of [
      ["google", google(email)],
      ["github", github(email)],
      ["microsoft", microsoft(email)],
    ] as const) {
      expect(await signIn(method, human)).toMatchObject(failed("EMAIL_NOT_PROVEN"));
    }
  },
);

test.each(["common", "organizations", "consumers", "Common"])(
  "the tenant %s, which is every tenant, is refused",
  async (tenantId) => {
    await host.directory.change(on({ microsoft: { tenantId } }));
    expect((await signIn("microsoft", microsoft(fresh()))).ended).toBe("IDENTITY_PROVIDER_UNAVAILABLE");
  },
);

test("a code that was issued to another browser's sign-in is refused", async () => {
  providers.human = google("lead@example.com");
  const [attacker, victim] = [new TestHuman(host.publicUrl, "", ""), new TestHuman(host.publicUrl, "", "")];
  const begin = async (browser: TestHuman) =>
    String((await browser.post("/api/sign-in/redirect", { method: "google", query: "" })).body.url);
  const back = new URL(providers.authorize(await begin(attacker)));
  expect((await victim.get(back.href)).location).toBe("/sign-in#failed=SIGN_IN_FAILED");
  // Nor with the victim's own state: the code is bound to the verifier of the one who asked.
  const own = new URL(await begin(victim));
  back.searchParams.set("state", own.searchParams.get("state") ?? "");
  expect((await victim.get(back.href)).location).toBe("/sign-in#failed=SIGN_IN_FAILED");
  expect((await victim.get("/api/account")).status).toBe(401);
});

test("an ID token is taken from the provider alone: none can be handed in", async () => {
  const browser = new TestHuman(host.publicUrl, "", "");
  const idToken = { token: "e30.e30.", accessToken: "access" };
  expect((await browser.post("/api/sign-in/redirect", { method: "google", query: "", idToken })).status).toBe(400);
  expect((await browser.post("/api/auth/sign-in/social", { provider: "google", idToken })).status).toBe(404);
});
