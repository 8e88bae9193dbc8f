/** What is on record of humans' accounts and sessions, and from where: through HTTP, with and without a trusted proxy. */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type MailCatcher, startMailCatcher } from "../../testing/mail-catcher.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import type { AuditRecord } from "../deps/audit-records.ts";
import { createdPasskey } from "./testing/software-passkey.ts";
import { TestClient, tokensOf } from "./testing/test-client.ts";
import { TestHost } from "./testing/test-host.ts";
import { type Answer, TestHuman } from "./testing/test-human.ts";

const password = "correct horse battery";
const another = "another good password";
const methods = { password: { enabled: true }, otp: { enabled: true }, passkey: { enabled: true } };

let host: TestHost;
let mail: MailCatcher;
/** What is on record of a host that is just started. */
let atStart: readonly AuditRecord[];

beforeAll(async () => {
  mail = await startMailCatcher();
  host = await TestHost.start(await openMemoryDatabase(), {
    environment: { SMTP_URL: mail.url, SMTP_FROM: "gateway@example.com", TRUSTED_PROXIES: "127.0.0.1,::1" },
  });
  atStart = [...host.noted];
  await host.directory.change({ host: { sign_in: methods } });
});
afterEach(() => {
  // Past every window of the limits.
  host.time.aheadMs += 2 * 60 * 60_000;
});
afterAll(async () => {
  await host.close();
  await mail.close();
});

/** A browser at an address of its own, behind the proxy. What it writes into the header itself comes before that. */
let addresses = 0;
class Browser extends TestHuman {
  readonly address: string;
  constructor(email: string) {
    super(host.publicUrl, email, password);
    addresses += 1;
    this.address = `203.0.113.${addresses}`;
  }
  override post(path: string, body: unknown, headers: Record<string, string> = {}) {
    const forwarded = { "x-forwarded-for": `198.51.100.66, ${this.address}`, "x-request-id": "chosen-by-the-browser" };
    return super.post(path, body, { ...forwarded, ...headers });
  }
  signOut(headers: Record<string, string> = {}) {
    return this.post("/api/auth/sign-out", {}, headers);
  }
  async isSignedIn() {
    return (await this.get("/api/grants")).status === 200;
  }
}

const fresh = () => `${randomUUID()}@example.com`;

async function signUp(browser: Browser, chosen = password): Promise<Answer> {
  await browser.post("/api/sign-up/code", { email: browser.email });
  const code = await mail.code(browser.email);
  const answer = await browser.post("/api/sign-up", { email: browser.email, code, password: chosen });
  expect(answer.status).toBe(200);
  return answer;
}

/** A browser that is signed in to an account of its own, of which nothing is on record any more. */
async function account(): Promise<Browser> {
  const browser = new Browser(fresh());
  await signUp(browser);
  host.noted.length = 0;
  host.audit.length = 0;
  return browser;
}

async function resetToken(browser: Browser): Promise<string> {
  await browser.post("/api/auth/request-password-reset", { email: browser.email });
  const { text } = await mail.next(browser.email);
  return new RegExp(`${host.publicUrl}/reset-password#([A-Za-z0-9]+)`).exec(text)?.[1] ?? "";
}

const noted = () => host.noted.map(({ event, code }) => `${event} ${code}`);

/** What a record says of the request that it is of. */
const of = (browser: Browser, { headers }: Answer) => ({
  human: browser.email,
  requestId: headers.get("x-request-id"),
  clientAddress: browser.address,
});

describe("the end of a session", () => {
  test("by its human is one record, from where the human was", async () => {
    const browser = await account();
    const answer = await browser.signOut();
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-request-id")).not.toBe("chosen-by-the-browser");
    expect(host.noted).toEqual([
      {
        ...of(browser, answer),
        ...{ id: expect.any(String), time: expect.any(String), host: "demo", event: "sign_out", method: null },
        ...{ decision: "allow", code: "SIGNED_OUT", reason: "The human ended the session." },
      },
    ]);
    expect(await browser.isSignedIn()).toBe(false);

    // There is none any more.
    expect((await browser.signOut()).status).toBe(200);
    expect(host.noted).toHaveLength(1);
  });

  test("that another site's page asks for is none, and no record", async () => {
    const browser = await account();
    expect((await browser.signOut({ origin: "https://evil.example" })).status).toBe(403);
    expect([host.noted, await browser.isSignedIn()]).toEqual([[], true]);
  });

  test("is none when it had ended by itself", async () => {
    const browser = await account();
    await sql`update session set "expiresAt" = now() - interval '1 second'`.execute(host.database.kysely);
    expect((await browser.signOut()).status).toBe(200);
    expect([host.noted, await browser.isSignedIn()]).toEqual([[], false]);
  });

  test("does not wait for the log", async () => {
    const browser = await account();
    host.auditState.fails = true;
    expect((await browser.signOut()).status).toBe(200);
    host.auditState.fails = false;
    expect(noted()).toEqual(["sign_out SIGNED_OUT"]);
  });
});

describe("a password", () => {
  test("by mail: one record of it and one for each session that it ends; a link that is not good makes none", async () => {
    const browser = await account();
    const other = new Browser(browser.email);
    await other.signIn();
    const token = await resetToken(other);
    const choose = (token: string) => other.post("/api/auth/reset-password", { token, password: another });
    expect((await choose("nobodys")).body.error).toBe("RESET_LINK_INVALID");
    expect(host.noted).toEqual([]);
    const answer = await choose(token);
    expect(noted().toSorted()).toEqual([
      "account_changed PASSWORD_RESET",
      "sign_out PASSWORD_CHANGED",
      "sign_out PASSWORD_CHANGED",
    ]);
    for (const record of host.noted) expect(record).toMatchObject(of(other, answer));
    expect(host.noted.at(-1)).toMatchObject({ change: "password_changed", server: null });
    expect((await choose(token)).body.error).toBe("RESET_LINK_INVALID");
    expect(host.noted).toHaveLength(3);
    expect(JSON.stringify(host.noted)).not.toContain(token);
  });

  test("with the one before: likewise, and the browser's next session is a sign-in; a wrong one makes none", async () => {
    const browser = await account();
    await new Browser(browser.email).signIn();
    host.audit.length = 0;
    const change = (current: string) => browser.post("/api/auth/change-password", { current, password: another });
    expect((await change("wrong horse battery")).body.error).toBe("PASSWORD_WRONG");
    expect([host.noted, host.audit]).toEqual([[], []]);
    const answer = await change(password);
    expect(noted().toSorted()).toEqual([
      "account_changed PASSWORD_CHANGED",
      "sign_out PASSWORD_CHANGED",
      "sign_out PASSWORD_CHANGED",
    ]);
    for (const record of [...host.noted, ...host.audit]) expect(record).toMatchObject(of(browser, answer));
    expect(host.audit).toMatchObject([{ event: "sign_in", code: "SIGNED_IN" }]);
  });
});

describe("an account", () => {
  test("that a human makes is on record once, with its first password; making it again is another password", async () => {
    const browser = new Browser(fresh());
    host.noted.length = 0;
    const answer = await signUp(browser);
    expect(noted()).toEqual(["account_changed ACCOUNT_CREATED", "account_changed PASSWORD_CHOSEN"]);
    for (const record of host.noted) expect(record).toMatchObject(of(browser, answer));
    expect(host.noted[0]).toMatchObject({ change: "created", server: null });

    host.noted.length = 0;
    const again = new Browser(browser.email);
    const second = await signUp(again, another);
    expect(noted()).toEqual(["account_changed PASSWORD_RESET", "sign_out PASSWORD_CHANGED"]);
    for (const record of host.noted) expect(record).toMatchObject(of(again, second));
  });

  test("that the first code makes is on record once; the next sign-in, and a wrong code, make none", async () => {
    const browser = new Browser(fresh());
    host.noted.length = 0;
    const enter = async (change = (sent: string) => sent) => {
      await browser.post("/api/auth/email-otp/send-verification-otp", { email: browser.email });
      const code = change(await mail.code(browser.email));
      return browser.post("/api/auth/sign-in/email-otp", { email: browser.email, code });
    };
    const wrong = await enter((sent) => (sent === "000000" ? "000001" : "000000"));
    expect([wrong.body.error, host.noted]).toEqual(["CODE_WRONG", []]);
    expect((await enter()).status).toBe(200);
    expect((await enter()).status).toBe(200);
    expect(noted()).toEqual(["account_changed ACCOUNT_CREATED"]);
  });

  test("that the deployment makes is on record without a request, and once", async () => {
    const made = ["lead", "developer", "contractor"].map((name) => `${name}@example.com`);
    const unasked = { event: "account_changed", code: "ACCOUNT_CREATED", requestId: null };
    expect(atStart).toMatchObject(made.map((human) => ({ ...unasked, human })));
    for (const record of atStart) expect(record).not.toHaveProperty("clientAddress");
    const replica = await TestHost.start(host.database, {}, host);
    expect(replica.noted).toEqual([]);
    await replica.app.close();
  });
});

test("a passkey is on record when it is added and when it is removed, without its id; what is refused is not", async () => {
  const browser = await account();
  const path = "/api/auth/passkey";
  const create = async () => {
    const { body } = await browser.get(`${path}/generate-register-options`);
    return createdPasskey(host.publicUrl, String(body.challenge));
  };
  const add = (response: object) => browser.post(`${path}/verify-registration`, { response, name: "Laptop" });
  await create();
  expect((await add(createdPasskey(host.publicUrl, "another challenge"))).body.error).toBe("PASSKEY_REFUSED");
  expect(host.noted).toEqual([]);
  const added = await create();
  const answer = await add(added);
  expect(answer.body).toEqual({});
  expect(host.noted).toMatchObject([{ ...of(browser, answer), code: "PASSKEY_ADDED", change: "passkey_added" }]);

  const { passkeys } = (await browser.get("/api/account")).body as { passkeys: { list: { id: string }[] } };
  const [{ id } = { id: "" }] = passkeys.list;
  const remove = (by: Browser) => by.post(`${path}/delete-passkey`, { id });
  const stranger = new Browser(fresh());
  await signUp(stranger);
  host.noted.length = 0;
  expect((await remove(stranger)).body.error).toBe("NOT_FOUND");
  expect(host.noted).toEqual([]);
  const removed = await remove(browser);
  expect(host.noted).toMatchObject([{ ...of(browser, removed), code: "PASSKEY_REMOVED", change: "passkey_removed" }]);
  expect((await remove(browser)).status).toBe(404);
  expect(host.noted).toHaveLength(1);
  for (const secret of [added.id, id]) expect(JSON.stringify(host.noted)).not.toContain(secret);
});

describe("guesses", () => {
  const guess = (browser: Browser) =>
    browser.post("/api/auth/sign-in/email", { email: browser.email, password: "wrong horse battery" });
  const guessUntilPaused = async (browser: Browser) => {
    let answer = await guess(browser);
    for (let n = 1; n < 11; n += 1) answer = await guess(browser);
    expect(answer.body.error).toBe("SIGN_IN_PAUSED");
    return answer;
  };

  test("beyond the limit are on record once in 15 minutes, and of an address without an account never", async () => {
    const owner = await account();
    const nobody = new Browser(fresh());
    const attacker = new Browser(owner.email);
    expect((await guessUntilPaused(nobody)).headers.get("retry-after")).toBeTruthy();
    const refused = await guessUntilPaused(attacker);
    expect((await guess(attacker)).status).toBe(429);
    const record = {
      ...of(attacker, refused),
      ...{ event: "sign_in", method: "password", decision: "deny", code: "SIGN_IN_PAUSED" },
    };
    await vi.waitFor(() => expect(host.noted).toMatchObject([record]));

    host.time.aheadMs += 16 * 60_000;
    const later = await guessUntilPaused(attacker);
    // By then whatever was begun before has been written too.
    await vi.waitFor(() => expect(host.noted).toMatchObject([record, of(attacker, later)]));
    expect(host.audit).toEqual([]);
  }, 30_000);

  test("that are let through are not", async () => {
    const owner = await account();
    const attacker = new Browser(owner.email);
    for (let n = 0; n < 10; n += 1) expect((await guess(attacker)).status).toBe(401);
    expect([host.noted, host.audit]).toEqual([[], []]);
  });

  test("at codes are told from guesses at the password; mails that are asked for too often are none", async () => {
    const owner = await account();
    const attacker = new Browser(owner.email);
    const enter = () => attacker.post("/api/auth/sign-in/email-otp", { email: owner.email, code: "000000" });
    const ask = () => attacker.post("/api/auth/email-otp/send-verification-otp", { email: owner.email });
    for (let n = 0; n < 6; n += 1) await ask();
    expect((await ask()).status).toBe(429);
    for (let n = 0; n < 11; n += 1) await enter();
    await vi.waitFor(() => expect(host.noted).toMatchObject([{ method: "otp", code: "SIGN_IN_PAUSED" }]));
  });
});

/** Signs in, consents, and gives the token back; the records of it. */
async function consentRecords(at: TestHost, human: TestHuman): Promise<readonly AuditRecord[]> {
  at.audit.length = 0;
  at.facts.ceilingsOf[human.email] = { issues: "low" };
  const client = new TestClient(at.publicUrl);
  await client.register();
  expect((await human.signIn()).status).toBe(200);
  const query = await human.openConsent(client.authorizationUrl("issues"));
  const servers = [{ server: "issues", level: "low" as const }];
  await human.answerConsent({ accept: true, query, servers: [{ server: "issues", level: "high" }] });
  await human.answerConsent({ accept: false, query });
  const { body } = await human.answerConsent({ accept: true, query, servers });
  await client.revoke(tokensOf(await client.exchange(new URL(String(body.redirect)))).refresh);
  return at.audit;
}
const codes = ["SIGNED_IN", "CEILING_EXCEEDED", "CONSENT_DENIED", "CONSENTED", "REVOKED_BY_CLIENT"];
const addressOf = (record: AuditRecord) => "clientAddress" in record && record.clientAddress;
const loopback = expect.stringMatching(/^(?:::1|127\.0\.0\.1|::ffff:127\.0\.0\.1)$/);

test("sign-ins and consents are on record with the address that the trusted proxy has seen", async () => {
  const browser = await account();
  const records = await consentRecords(host, browser);
  expect(records.map(({ code }) => code)).toEqual(codes);
  // The client is on this machine and gives its token back without a proxy.
  expect(records.map(addressOf)).toEqual([...Array(4).fill(browser.address), loopback]);
});

test("without a trusted proxy the header changes nothing", async () => {
  const alone = await TestHost.start(await openMemoryDatabase());
  class Forger extends TestHuman {
    override post(path: string, body: unknown, headers: Record<string, string> = {}) {
      const forged = {
        "x-forwarded-for": "203.0.113.200",
        forwarded: "for=203.0.113.200",
        "x-real-ip": "203.0.113.200",
      };
      return super.post(path, body, { ...forged, ...headers });
    }
  }
  const forger = new Forger(alone.publicUrl, "lead@example.com", password);
  const records = await consentRecords(alone, forger);
  expect(records.map(({ code }) => code)).toEqual(codes);
  alone.noted.length = 0;
  await forger.post("/api/auth/sign-out", {});
  expect(alone.noted).toMatchObject([{ code: "SIGNED_OUT" }]);
  for (const record of [...records, ...alone.noted]) expect(addressOf(record)).toEqual(loopback);
  await alone.close();
});
