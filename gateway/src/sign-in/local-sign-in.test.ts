/** Codes by mail, accounts, passwords and the limits on guessing, through HTTP and a real mail server. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type MailCatcher, startMailCatcher } from "../../testing/mail-catcher.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { TestClient, tokensOf } from "../oauth/testing/test-client.ts";
import { TestHost } from "../oauth/testing/test-host.ts";
import { TestHuman } from "../oauth/testing/test-human.ts";

let host: TestHost;
let mail: MailCatcher;
const password = "correct horse battery";
const onlyPassword = { sign_in: { password: { enabled: true } } };
const both = { sign_in: { password: { enabled: true }, otp: { enabled: true } } };

beforeAll(async () => {
  mail = await startMailCatcher();
  host = await TestHost.start(await openMemoryDatabase(), {
    environment: { SMTP_URL: mail.url, SMTP_FROM: "gateway@example.com", TRUSTED_PROXIES: "127.0.0.1,::1" },
  });
  await host.directory.change({ host: both });
});
afterEach(async () => {
  await host.directory.change({ host: both });
  mail.refuses = false;
  // Past every window of the limits.
  host.time.aheadMs += 2 * 60 * 60_000;
});
afterAll(async () => {
  await host.close();
  await mail.close();
});

/** A browser at an address of its own, so that limits per address are the test's own. */
let addresses = 0;
class Browser extends TestHuman {
  readonly #address: string;
  constructor(email: string) {
    super(host.publicUrl, email, password);
    addresses += 1;
    this.#address = `203.0.113.${addresses}`;
  }
  override post(path: string, body: unknown, headers: Record<string, string> = {}) {
    return super.post(path, body, { "x-forwarded-for": this.#address, ...headers });
  }
  askCode(email = this.email) {
    return this.post("/api/auth/email-otp/send-verification-otp", { email });
  }
  enterCode(code: string, email = this.email) {
    return this.post("/api/auth/sign-in/email-otp", { email, code });
  }
  askReset(email = this.email) {
    return this.post("/api/auth/request-password-reset", { email });
  }
  signUp(code: string, chosen = password) {
    return this.post("/api/sign-up", { email: this.email, code, password: chosen });
  }
  async isSignedIn() {
    return (await this.get("/api/grants")).status === 200;
  }
}

const fresh = () => `${randomUUID()}@example.com`;
const stored = async (table: string) =>
  JSON.stringify((await sql`select * from ${sql.table(table)}`.execute(host.database.kysely)).rows);

/** An account with a password, made as humans make one. */
async function account(email = fresh()): Promise<Browser> {
  const browser = new Browser(email);
  await browser.post("/api/sign-up/code", { email });
  expect((await browser.signUp(await mail.code(email))).status).toBe(200);
  return browser;
}

describe("a code by mail", () => {
  test("signs in, makes the account on the way, and opens what the policy grants to the address", async () => {
    const browser = new Browser(fresh());
    host.facts.ceilingsOf[browser.email] = { issues: "low" };
    expect(await browser.askCode()).toMatchObject({ status: 200, body: { sent: true } });
    const { from, subject, text, html } = await mail.next(browser.email);
    expect([from, subject]).toEqual(['"Demo host" <gateway@example.com>', "Your code for Demo host"]);
    const code = /\b\d{6}\b/.exec(text)?.[0] ?? "";
    expect(html).toContain(code);
    expect(await stored("verification")).not.toContain(code);

    expect((await browser.enterCode(code)).status).toBe(200);
    const client = new TestClient(host.publicUrl);
    await client.register();
    const callback = await browser.authorize(client.authorizationUrl("issues"), "issues", "low");
    expect(tokensOf(await client.exchange(callback)).access).toBeTruthy();
    // Once.
    expect(await new Browser(browser.email).enterCode(code)).toMatchObject({
      status: 400,
      body: { error: "CODE_WRONG" },
    });
  });

  test("the answer holds no session token: pages can't read what scripts must not have", async () => {
    const browser = new Browser(fresh());
    await browser.askCode();
    expect((await browser.enterCode(await mail.code(browser.email))).body).toEqual({});
  });

  test("three wrong guesses end it, and a newer one replaces it", async () => {
    const browser = new Browser(fresh());
    await browser.askCode();
    const first = await mail.code(browser.email);
    const wrong = first === "000000" ? "000001" : "000000";
    for (const _ of [1, 2, 3]) expect((await browser.enterCode(wrong)).body.error).toBe("CODE_WRONG");
    expect((await browser.enterCode(first)).body.error).toBe("CODE_WRONG");

    await browser.askCode();
    const second = await mail.code(browser.email);
    await browser.askCode();
    const third = await mail.code(browser.email);
    if (second !== third) expect((await browser.enterCode(second)).body.error).toBe("CODE_WRONG");
    expect((await browser.enterCode(third)).status).toBe(200);
  });

  test("is good for five minutes", async () => {
    const browser = new Browser(fresh());
    await browser.askCode();
    const code = await mail.code(browser.email);
    const { rows } = await sql<{
      left: number;
    }>`select extract(epoch from "expiresAt" - now())::float as left from verification
      where identifier like ${`%${browser.email}%`}`.execute(host.database.kysely);
    expect(rows[0]?.left).toBeGreaterThan(240);
    expect(rows[0]?.left).toBeLessThanOrEqual(300);
    await sql`update verification set "expiresAt" = now() - interval '1 second' where identifier like ${`%${browser.email}%`}`.execute(
      host.database.kysely,
    );
    expect((await browser.enterCode(code)).body.error).toBe("CODE_WRONG");
    expect(await browser.isSignedIn()).toBe(false);
  });

  test("is asked for and refused the same way whether the address has an account or not", async () => {
    const known = await account();
    const unknown = fresh();
    const asked = new Browser(known.email);
    const [one, two] = [await asked.askCode(known.email), await new Browser(unknown).askCode()];
    expect([one.status, one.body]).toEqual([two.status, two.body]);
    const [three, four] = [
      await new Browser(known.email).enterCode("000000"),
      await new Browser(unknown).enterCode("000000"),
    ];
    expect([three.status, three.body]).toEqual([four.status, four.body]);
  });

  test("a mail that can't be sent is said", async () => {
    mail.refuses = true;
    expect(await new Browser(fresh()).askCode()).toMatchObject({ status: 503, body: { error: "MAIL_UNAVAILABLE" } });
  });

  test("is off where the policy has it off", async () => {
    await host.directory.change({ host: onlyPassword });
    const browser = new Browser(fresh());
    for (const answer of [await browser.askCode(), await browser.enterCode("123456")]) {
      expect(answer).toMatchObject({ status: 403, body: { error: "SIGN_IN_METHOD_OFF" } });
    }
    expect(mail.mails.filter(({ to }) => to === browser.email)).toEqual([]);
  });

  test("a session ends when its method is switched off", async () => {
    const browser = new Browser(fresh());
    await browser.askCode();
    await browser.enterCode(await mail.code(browser.email));
    expect(await browser.isSignedIn()).toBe(true);
    await host.directory.change({ host: onlyPassword });
    expect(await browser.get("/api/grants")).toMatchObject({ status: 403, body: { error: "SIGN_IN_METHOD_OFF" } });
  });
});

describe("domains", () => {
  const admit = (domains: string[], method: string[]) => ({
    sign_in: { domains, password: { enabled: true }, otp: { enabled: true, domains: method } },
  });
  test.each([
    ["dev@EXAMPLE.com", 200],
    ["dev+tag@example.com", 200],
    ["dev@example.org", 403],
    ["dev@sub.example.com", 403],
    ["dev@notexample.com", 403],
    ["dev@example.com.attacker.test", 403],
    ["dev@example.com.", 400],
    ["dev@ex\u00e4mple.com", 400],
    ["dev@\uff45\uff58ample.com", 400],
    ["dev@xn--exmple-cua.com", 403],
    ["mar\u212A@example.com", 400],
    ['"dev@attacker.test"@example.com', 400],
    ['"dev"@example.com', 400],
    ["dev@example.com@attacker.test", 400],
    ["dev@example.com,dev@attacker.test", 400],
    ["dev@attacker.test dev@example.com", 400],
    ["dev@example.com\r\nBcc: dev@attacker.test", 400],
    ["dev@example.com\u0000", 400],
    ["Dev <dev@example.com>", 400],
    ["dev@[127.0.0.1]", 400],
  ])("%j is answered with %s, and only then a mail leaves", async (email, status) => {
    await host.directory.change({ host: admit(["example.com", "example.org"], ["example.com"]) });
    const before = mail.mails.length;
    const browser = new Browser(email);
    expect((await browser.askCode()).status).toBe(status);
    if (status === 200) await mail.next(email.toLowerCase());
    expect(mail.mails.length - before).toBe(status === 200 ? 1 : 0);
    // The door behind it.
    if (status !== 200) expect((await browser.enterCode("123456")).status).toBe(status);
  });

  test("a list that was narrowed in between refuses the code that was sent before", async () => {
    const browser = new Browser(fresh());
    await browser.askCode();
    const code = await mail.code(browser.email);
    await host.directory.change({ host: admit(["example.com"], ["example.org"]) });
    const users = await host.count("user");
    expect(await browser.enterCode(code)).toMatchObject({ status: 403, body: { error: "EMAIL_DOMAIN_FORBIDDEN" } });
    expect(await host.count("user")).toBe(users);
  });

  test("the lists of one method do not count for another", async () => {
    await host.directory.change({ host: admit(["example.com"], ["example.org"]) });
    const browser = await account();
    expect(await browser.isSignedIn()).toBe(true);
    expect((await browser.askCode()).status).toBe(403);
  });
});

describe("making an account", () => {
  test("takes the code of the mailbox, and there is no account before", async () => {
    const browser = new Browser(fresh());
    const users = await host.count("user");
    await browser.post("/api/sign-up/code", { email: browser.email });
    expect(await browser.signUp("000000")).toMatchObject({ status: 400, body: { error: "CODE_WRONG" } });
    expect(await host.count("user")).toBe(users);
    const code = await mail.code(browser.email);
    expect(await browser.signUp(code, "short")).toMatchObject({ status: 400, body: { error: "PASSWORD_UNFIT" } });
    expect((await browser.signUp(code)).status).toBe(200);
    expect(await browser.isSignedIn()).toBe(true);
    expect((await new Browser(browser.email).signIn()).status).toBe(200);
  });

  test("of somebody else's address gets the owner's mailbox a mail, and the maker nothing", async () => {
    const owner = await account();
    const attacker = new Browser(owner.email);
    expect((await attacker.post("/api/sign-up/code", { email: owner.email })).body).toEqual({ sent: true });
    expect((await attacker.signUp("000000", "attacker's password")).status).toBe(400);
    expect((await owner.signIn()).status).toBe(200);
    expect(await attacker.isSignedIn()).toBe(false);
  });

  test("again, with the code, chooses a new password and ends every other session", async () => {
    const early = await account();
    const late = new Browser(early.email);
    await late.post("/api/sign-up/code", { email: late.email });
    expect((await late.signUp(await mail.code(late.email), "another good password")).status).toBe(200);
    expect([await early.isSignedIn(), await late.isSignedIn()]).toEqual([false, true]);
    expect((await early.signIn()).status).toBe(401);
  });

  test("is limited as the policy says", async () => {
    await host.directory.change({ host: { ...both, rate_limits: { signUp: { max: 2, windowSeconds: 60 } } } });
    const browser = new Browser(fresh());
    const ask = async () => (await browser.post("/api/sign-up/code", { email: fresh() })).status;
    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 429]);
  });

  test("never takes over an account that nobody has proven: its password and sessions go", async () => {
    const email = fresh();
    const squatter = new Browser(email);
    const db = host.database.kysely;
    // Such accounts are not made any more; a database may have one from before.
    const owner = await account();
    const [{ id } = { id: "" }] = (
      await sql<{ id: string }>`select id from "user" where email = ${owner.email}`.execute(db)
    ).rows;
    await sql`update "user" set email = ${email}, "emailVerified" = false where id = ${id}`.execute(db);
    expect((await squatter.signIn()).status).toBe(403);
    expect(await owner.get("/api/consent?x=1")).toMatchObject({ body: { error: "EMAIL_UNVERIFIED" } });

    const human = new Browser(email);
    await human.askCode();
    host.noted.length = 0;
    expect((await human.enterCode(await mail.code(email))).status).toBe(200);
    expect(host.noted).toMatchObject([{ event: "sign_out", human: email, code: "SESSION_REVOKED" }]);
    expect((await squatter.signIn()).status).toBe(401);
    expect(await owner.isSignedIn()).toBe(false);
  });
});

describe("a new password", () => {
  test("by mail: the link works once, ends all sessions, and is not in the database", async () => {
    const early = await account();
    const late = new Browser(early.email);
    expect(await late.askReset()).toMatchObject({ status: 200, body: { sent: true } });
    const { text, html } = await mail.next(late.email);
    const token = new RegExp(`${host.publicUrl}/reset-password#([A-Za-z0-9]+)`).exec(text)?.[1] ?? "";
    expect(html).toContain(token);
    expect(token).toHaveLength(24);
    expect(await stored("verification")).not.toContain(token);

    const choose = (password: string) => late.post("/api/auth/reset-password", { token, password });
    expect((await choose("short")).body.error).toBe("PASSWORD_UNFIT");
    expect((await choose("another good password")).status).toBe(200);
    expect((await choose("yet another password")).body.error).toBe("RESET_LINK_INVALID");
    expect([await early.isSignedIn(), await late.isSignedIn()]).toEqual([false, false]);
    expect((await early.signIn()).status).toBe(401);
    const body = { email: late.email, password: "another good password" };
    expect((await late.post("/api/auth/sign-in/email", body)).status).toBe(200);
    expect((await mail.next(late.email)).subject).toBe("Your password for Demo host was changed");
  });

  test("one link ends the others, and so does a change when signed in", async () => {
    const browser = await account();
    const link = async () => {
      await browser.askReset();
      return /#([A-Za-z0-9]+)/.exec((await mail.next(browser.email)).text)?.[1];
    };
    const choose = (token: string | undefined) => browser.post("/api/auth/reset-password", { token, password });
    const [one, two] = [await link(), await link()];
    expect((await choose(two)).status).toBe(200);
    await mail.next(browser.email);
    expect((await choose(one)).body.error).toBe("RESET_LINK_INVALID");

    await browser.signIn();
    const three = await link();
    const changed = await browser.post("/api/auth/change-password", { current: password, password });
    expect(changed.status).toBe(200);
    expect((await choose(three)).body.error).toBe("RESET_LINK_INVALID");
  });

  test("the link is good for 30 minutes", async () => {
    const browser = await account();
    await browser.askReset();
    const token = /#([A-Za-z0-9]+)/.exec((await mail.next(browser.email)).text)?.[1];
    const db = host.database.kysely;
    const { rows } = await sql<{
      left: number;
    }>`select extract(epoch from max("expiresAt") - now())::float as left from verification`.execute(db);
    expect(rows[0]?.left).toBeLessThanOrEqual(1800);
    await sql`update verification set "expiresAt" = now() - interval '1 second'`.execute(db);
    const answer = await browser.post("/api/auth/reset-password", { token, password: "another good password" });
    expect(answer.body.error).toBe("RESET_LINK_INVALID");
    expect((await browser.signIn()).status).toBe(200);
  });

  test("is asked for the same way whether the address has an account or not; the other gets no mail", async () => {
    const known = await account();
    const unknown = new Browser(fresh());
    const [one, two] = [await unknown.askReset(), await known.askReset()];
    expect([one.status, one.body]).toEqual([two.status, two.body]);
    await mail.next(known.email);
    expect(mail.mails.filter(({ to }) => to === unknown.email)).toEqual([]);
  });

  test("when signed in: takes the old one, and ends every other session", async () => {
    const browser = await account();
    const other = new Browser(browser.email);
    await other.signIn();
    const change = (current: string) =>
      browser.post("/api/auth/change-password", { current, password: "another good password" });
    expect((await change("wrong horse battery")).body.error).toBe("PASSWORD_WRONG");
    expect((await change(password)).status).toBe(200);
    expect([await browser.isSignedIn(), await other.isSignedIn()]).toEqual([true, false]);
    expect((await new Browser(fresh()).post("/api/auth/change-password", { current: "x", password })).status).toBe(401);
  });
});

describe("guessing", () => {
  const guess = (browser: Browser) =>
    browser.post("/api/auth/sign-in/email", { email: browser.email, password: "wrong horse battery" });

  test("ten failures pause an address, and the right password with them, but not the browser of its human", async () => {
    const owner = await account();
    const attacker = new Browser(owner.email);
    const statuses = [];
    for (let n = 0; n < 11; n += 1) statuses.push((await guess(attacker)).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429]);
    const refused = await attacker.signIn();
    expect(refused).toMatchObject({ status: 429, body: { error: "SIGN_IN_PAUSED" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(900);
    expect((await owner.signIn()).status).toBe(200);
    expect((await new Browser(owner.email).signIn()).status).toBe(200);
  });

  test("takes as long for an address without an account: a password is hashed for both", async () => {
    const known = await account();
    const times = { known: [] as number[], unknown: [] as number[] };
    for (let n = 0; n < 7; n += 1) {
      for (const [kind, email] of [["known", known.email] as const, ["unknown", fresh()] as const]) {
        const startedAt = performance.now();
        expect((await guess(new Browser(email))).status).toBe(401);
        times[kind].push(performance.now() - startedAt);
      }
    }
    const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[3] ?? 0;
    // A hash is most of such an answer, so without one the ratio is far from this.
    expect(median(times.unknown) / median(times.known)).toBeGreaterThan(0.5);
    expect(median(times.unknown) / median(times.known)).toBeLessThan(2);
  });

  test("an address without an account is paused in the same way", async () => {
    const known = await account();
    const answers = async (email: string) => {
      const attacker = new Browser(email);
      const seen = [];
      for (let n = 0; n < 12; n += 1) {
        const { status, body } = await attacker.enterCode("000000");
        seen.push([status, body]);
      }
      return seen;
    };
    expect(await answers(fresh())).toEqual(await answers(known.email));
  });

  test("from everywhere at once pauses all but the browsers that signed in before, and a link by mail ends it", async () => {
    const owner = await account();
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const attacker = new Browser(owner.email);
      const answers = await Promise.all(Array.from({ length: 10 }, () => attacker.enterCode("000000")));
      statuses.push(...answers.map(({ status }) => status));
    }
    expect(statuses.filter((status) => status === 400)).toHaveLength(30);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);

    await owner.askCode();
    const code = await mail.code(owner.email);
    expect((await new Browser(owner.email).enterCode(code)).status).toBe(429);
    expect((await owner.enterCode(code)).status).toBe(200);

    const elsewhere = new Browser(owner.email);
    await elsewhere.askReset();
    const token = /#([A-Za-z0-9]+)/.exec((await mail.next(owner.email)).text)?.[1];
    await elsewhere.post("/api/auth/reset-password", { token, password });
    await elsewhere.askCode();
    await mail.next(owner.email);
    expect((await elsewhere.enterCode(await mail.code(owner.email))).status).toBe(200);
  });

  test("what one attacker is refused does not use up the attempts of everybody else", async () => {
    const owner = await account();
    const attacker = new Browser(owner.email);
    for (let n = 0; n < 60; n += 1) await attacker.enterCode("000000");
    const other = new Browser(owner.email);
    await other.askCode();
    expect((await other.enterCode(await mail.code(owner.email))).status).toBe(200);
  });

  test("a window ends by itself", async () => {
    const attacker = new Browser(fresh());
    for (let n = 0; n < 11; n += 1) await attacker.enterCode("000000");
    expect((await attacker.enterCode("000000")).status).toBe(429);
    host.time.aheadMs += 15 * 60_000 + 1000;
    expect((await attacker.enterCode("000000")).status).toBe(400);
  });

  test("a mailbox is not flooded", async () => {
    const browser = new Browser(fresh());
    const statuses = [];
    for (let n = 0; n < 6; n += 1) statuses.push((await browser.askCode()).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect(mail.mails.filter(({ to }) => to === browser.email)).toHaveLength(5);
  });

  test("the browser's cookie of one account is no pass for another, and a made-up one is none", async () => {
    const mine = await account();
    const victim = await account();
    const attacker = new Browser(mine.email);
    await attacker.signIn();
    for (let n = 0; n < 11; n += 1) await attacker.enterCode("000000", victim.email);
    expect((await attacker.enterCode("000000", victim.email)).status).toBe(429);
    const forged = { cookie: `gateway_device=${"A".repeat(22)}.${"A".repeat(43)}` };
    const stranger = new Browser(victim.email);
    for (let n = 0; n < 10; n += 1) await stranger.enterCode("000000");
    const answer = await stranger.post("/api/auth/sign-in/email-otp", { email: victim.email, code: "000000" }, forged);
    expect(answer.status).toBe(429);
  });

  test("the policy's limit per network address is one for all methods together", async () => {
    await host.directory.change({ host: { ...both, rate_limits: { signIn: { max: 3, windowSeconds: 60 } } } });
    const browser = new Browser(fresh());
    const statuses = [
      await guess(browser),
      await browser.enterCode("000000"),
      await browser.askReset(),
      await browser.post("/api/auth/passkey/verify-authentication", { response: { id: "x" } }),
      await browser.post("/api/sign-in/redirect", { method: "google", query: "" }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([401, 400, 200, 429, 429]);
  });

  test("nothing that was typed is stored with the counters", async () => {
    const browser = new Browser(fresh());
    await browser.enterCode("135790");
    const rows = await stored("gateway_sign_in_attempt");
    for (const typed of [browser.email, "135790", "203.0.113"]) expect(rows).not.toContain(typed);
  });
});

test("every door of these takes requests of the gateway's own pages only, as JSON without further fields", async () => {
  const browser = await account();
  const paths: [string, Record<string, string>][] = [
    ["/api/auth/sign-in/email", { email: browser.email, password }],
    ["/api/auth/email-otp/send-verification-otp", { email: browser.email }],
    ["/api/auth/sign-in/email-otp", { email: browser.email, code: "123456" }],
    ["/api/sign-up/code", { email: browser.email }],
    ["/api/sign-up", { email: browser.email, code: "123456", password }],
    ["/api/auth/request-password-reset", { email: browser.email }],
    ["/api/auth/reset-password", { token: "x", password }],
    ["/api/auth/change-password", { current: password, password }],
    ["/api/auth/passkey/delete-passkey", { id: "x" }],
  ];
  const before = mail.mails.length;
  for (const [path, body] of paths) {
    for (const origin of ["https://attacker.test", "null", `${host.publicUrl}.attacker.test`]) {
      expect(await browser.post(path, body, { origin })).toMatchObject({
        status: 403,
        body: { error: "ORIGIN_FORBIDDEN" },
      });
    }
    const form = await fetch(new URL(path, host.publicUrl), {
      method: "POST",
      headers: { origin: host.publicUrl },
      body: new URLSearchParams(body),
    });
    expect(form.status).toBe(415);
    for (const more of [
      { callbackURL: "https://attacker.test" },
      { type: "forget-password" },
      { emailVerified: true },
    ]) {
      expect((await browser.post(path, { ...body, ...more })).status).toBe(400);
    }
  }
  expect(mail.mails).toHaveLength(before);
});

let signedIn: Browser | undefined;
test.each([
  "/api/auth/email-otp/check-verification-otp",
  "/api/auth/email-otp/verify-email",
  "/api/auth/email-otp/reset-password",
  "/api/auth/email-otp/request-password-reset",
  "/api/auth/forget-password/email-otp",
  "/api/auth/email-otp/change-email",
  "/api/auth/sign-up/email",
  "/api/auth/get-session",
  "/api/auth/list-sessions",
  "/api/auth/set-password",
  "/api/auth/verify-password",
  "/api/auth/delete-user",
  "/api/auth/link-social",
  "/api/auth/unlink-account",
  "/api/auth/list-accounts",
  "/api/auth/get-access-token",
  "/api/auth/passkey/update-passkey",
  "/api/auth/reset-password/x",
])("%s of the library is closed", async (path) => {
  signedIn ??= await account();
  expect([(await signedIn.post(path, {})).status, (await signedIn.get(path)).status]).toEqual([404, 404]);
});

test("without a mail server, what needs one is off and says so", async () => {
  const bare = await TestHost.start(host.database, { mailer: undefined }, host);
  await bare.directory.change({ host: both });
  const inject = (method: "GET" | "POST", url: string, body?: object) =>
    bare.app.inject({
      method,
      url,
      headers: { host: new URL(host.publicUrl).host, origin: host.publicUrl },
      ...(body === undefined ? {} : { payload: body }),
    });
  expect((await inject("GET", "/api/sign-in")).json()).toMatchObject({
    methods: ["password"],
    createAccount: false,
    resetPassword: false,
  });
  const email = fresh();
  for (const path of ["email-otp/send-verification-otp", "request-password-reset"]) {
    const answer = await inject("POST", `/api/auth/${path}`, { email });
    expect([answer.statusCode, answer.json()]).toMatchObject([503, { error: "MAIL_UNAVAILABLE" }]);
  }
  expect((await inject("POST", "/api/sign-up/code", { email })).statusCode).toBe(503);
  await bare.app.close();
});
