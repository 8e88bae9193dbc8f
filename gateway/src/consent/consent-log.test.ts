/** What is on record of consents, and the receipts: through HTTP, signatures checked as anybody would. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { createSigningKeys } from "../adapters/signing-key-store.ts";
import type { ConsentRecord } from "../deps/audit-records.ts";
import { GatewayError } from "../errors.ts";
import { TestClient, tokensOf } from "../oauth/testing/test-client.ts";
import { TestHost } from "../oauth/testing/test-host.ts";
import type { TestHuman } from "../oauth/testing/test-human.ts";
import { receiptType } from "./receipt.ts";

const run = promisify(execFile);

let host: TestHost;
let human: TestHuman;
beforeAll(async () => {
  host = await TestHost.start(await openMemoryDatabase());
  human = host.human("lead");
});
beforeEach(() => {
  host.audit.length = 0;
});
afterAll(() => host.close());

const log = () =>
  host.audit
    .filter(({ event }) => event !== "sign_in")
    .map(({ event, decision, code }) => `${event} ${decision} ${code}`);
const last = () => host.audit.at(-1) as ConsentRecord;

/** Checks a receipt with nothing but what is public. */
async function verified(jws: string) {
  const keys = createRemoteJWKSet(new URL("/.well-known/gateway-jwks.json", host.publicUrl));
  const { payload } = await jwtVerify(jws, keys, { issuer: host.publicUrl, typ: receiptType, algorithms: ["EdDSA"] });
  return payload;
}

async function receiptFile(of: TestHuman, grantId: string) {
  const { status, headers, body } = await of.get(`/api/grants/${grantId}/receipt`);
  return { status, disposition: headers.get("content-disposition"), body };
}

async function connected(level: "low" | "medium" | "high", clientId?: string) {
  const install = await host.connect(human, level, clientId === undefined ? {} : { clientId });
  const [grant] = await human.grants();
  if (grant === undefined) throw new Error("no grant");
  return { ...install, grant };
}

describe("a consent", () => {
  test("leaves a record and a receipt that says who allowed whom what", async () => {
    const { grant, client } = await connected("medium");
    expect(log()).toEqual(["consent allow CONSENTED"]);
    expect(last()).toMatchObject({
      human: "lead@example.com",
      agent: { clientId: client.clientId, name: "Test client" },
      server: "issues",
      level: "medium",
      grantId: grant.id,
    });
    const { disposition, body } = await receiptFile(human, grant.id);
    expect(disposition).toBe(`attachment; filename="receipt-${grant.id}.json"`);
    expect(body.jws).toBe(last().receipt);
    expect(await verified(String(body.jws))).toEqual(body.receipt);
    expect(body.receipt).toMatchObject({
      iss: host.publicUrl,
      sub: "lead@example.com",
      host: { key: "demo", name: "Demo host" },
      grant_id: grant.id,
      agent: { client_id: client.clientId, name: "Test client" },
      server: { key: "issues", name: "The issues server" },
      level: "medium",
      ceiling: "high",
      tools: [
        { name: "list_issues", trust: "low" },
        { name: "create_issue", trust: "medium" },
      ],
      ends_at: Math.floor(Date.parse(grant.endsAt) / 1000),
      idle_days: 30,
    });
  });

  test("can be checked by whoever has the file", async () => {
    const { grant } = await connected("low");
    const folder = await mkdtemp(join(tmpdir(), "receipt-"));
    const file = join(folder, "receipt.json");
    const { body } = await receiptFile(human, grant.id);
    const check = () =>
      run(process.execPath, [fileURLToPath(new URL("../../cli/verify-receipt.ts", import.meta.url)), file]).then(
        ({ stdout }) => stdout,
        ({ code, stderr }: { code: number; stderr: string }) => `${code} ${stderr}`,
      );
    await writeFile(file, JSON.stringify(body));
    expect(await check()).toMatch(/^The receipt is genuine\..*human +lead@example\.com.*tools +list_issues\n/s);
    await writeFile(file, JSON.stringify({ ...body, jws: `${String(body.jws).slice(0, -8)}AAAAAAAA` }));
    expect(await check()).toMatch(/^1 The receipt is NOT genuine/);
    await rm(folder, { recursive: true });
  });

  test("that was changed afterwards does not verify, nor does another thing that the gateway signed", async () => {
    await connected("low");
    const [header, payload, signature] = String(last().receipt).split(".");
    const changed = Buffer.from(String(payload), "base64url").toString().replace('"level":"low"', '"level":"high"');
    expect(changed).toContain('"level":"high"');
    await expect(verified(`${header}.${Buffer.from(changed).toString("base64url")}.${signature}`)).rejects.toThrow();
    const keys = createSigningKeys({
      database: host.database,
      authSecret: host.config.authSecret,
      clock: () => new Date(),
    });
    await expect(verified(await keys.sign({ iss: host.publicUrl }, "JWT"))).rejects.toThrow(/typ/);
  });

  test("denied, or above the ceiling, is on record and has no receipt", async () => {
    const developer = host.human("developer");
    const client = new TestClient(host.publicUrl);
    await client.register();
    const query = await developer.openConsent(client.authorizationUrl("issues"));
    const tooMuch = await developer.answerConsent({
      accept: true,
      query,
      servers: [{ server: "issues", level: "high" }],
    });
    expect(tooMuch.body.error).toBe("CEILING_EXCEEDED");
    await developer.answerConsent({ accept: false, query });
    expect(log()).toEqual(["consent deny CEILING_EXCEEDED", "consent deny CONSENT_DENIED"]);
    expect(host.audit.filter(({ event }) => event !== "sign_in")).toMatchObject([
      { level: "high", grantId: null, receipt: null, human: "developer@example.com" },
      { level: null, grantId: null, receipt: null },
    ]);
    expect(await developer.grants()).toEqual([]);
  });

  test("that can't be recorded gives no code, and nothing is left of it", async () => {
    const client = new TestClient(host.publicUrl);
    await client.register();
    const query = await human.openConsent(client.authorizationUrl("issues"));
    const before = (await human.grants()).length;
    host.auditState.fails = true;
    const { status, body } = await human.answerConsent({
      accept: true,
      query,
      servers: [{ server: "issues", level: "low" }],
    });
    host.auditState.fails = false;
    expect([status, body.error, body.redirect]).toEqual([503, "AUDIT_UNAVAILABLE", undefined]);
    expect((await human.grants()).length).toBe(before);
    expect(host.facts.consents.get(`${client.clientId} lead@example.com issues`)).toBeUndefined();
  });
});

describe("lowering", () => {
  const lower = (who: TestHuman, id: string, level: string, headers = {}) =>
    who.post(`/api/grants/${id}/level`, { level }, headers);

  test("holds in Permit, in every install of the client and in a new receipt, and keeps the tokens", async () => {
    const { client, tokens } = await connected("high");
    const { grant } = await connected("high", client.clientId);
    host.audit.length = 0;
    expect((await lower(human, grant.id, "low")).status).toBe(200);
    expect(host.facts.consents.get(`${client.clientId} lead@example.com issues`)).toBe("low");
    const installs = (await human.grants()).filter((other) => other.client.id === client.clientId);
    expect(installs.map(({ level }) => level)).toEqual(["low", "low"]);
    expect(log()).toEqual(["consent_lowered allow LOWERED", "consent_lowered allow LOWERED"]);
    const { body } = await receiptFile(human, grant.id);
    expect(await verified(String(body.jws))).toMatchObject({ level: "low", tools: [{ name: "list_issues" }] });
    expect(tokensOf(await client.refresh(tokens.refresh)).access).not.toBe("");
  });

  test("goes down only, by the human alone, from the gateway's own pages", async () => {
    const { grant } = await connected("medium");
    host.audit.length = 0;
    const writes = host.facts.writes.length;
    expect((await lower(human, grant.id, "medium")).body.error).toBe("LEVEL_NOT_LOWER");
    expect((await lower(human, grant.id, "high")).body.error).toBe("LEVEL_NOT_LOWER");
    expect((await lower(human, grant.id, "none")).body.error).toBe("REQUEST_INVALID");
    expect((await lower(human, grant.id, "low", { origin: "https://evil.example.com" })).status).toBe(403);
    const other = host.human("developer");
    await other.signIn();
    expect((await lower(other, grant.id, "low")).body.error).toBe("GRANT_UNKNOWN");
    expect((await receiptFile(other, grant.id)).body.error).toBe("GRANT_UNKNOWN");
    expect((await lower(host.human("lead"), grant.id, "low")).body.error).toBe("NOT_SIGNED_IN");
    expect(host.facts.writes.length).toBe(writes);
    expect(log()).toEqual([]);
    expect((await human.grants()).find(({ id }) => id === grant.id)?.level).toBe("medium");
  });

  test("changes nothing when Permit does not take it", async () => {
    const { grant } = await connected("medium");
    host.facts.beforeWrite = () => {
      throw new GatewayError("PERMIT_UNAVAILABLE");
    };
    expect((await lower(human, grant.id, "low")).body.error).toBe("PERMIT_UNAVAILABLE");
    host.facts.beforeWrite = () => undefined;
    expect((await human.grants()).find(({ id }) => id === grant.id)?.level).toBe("medium");
  });
});

describe("an end", () => {
  test("is on record once, with its cause", async () => {
    const { grant } = await connected("low");
    host.audit.length = 0;
    await human.post(`/api/grants/${grant.id}/revoke`, {});
    await human.post(`/api/grants/${grant.id}/revoke`, {});
    expect(log()).toEqual(["consent_ended allow REVOKED_BY_HUMAN"]);
    expect(last()).toMatchObject({ grantId: grant.id, level: "low", receipt: null });
  });

  test("by a replayed refresh token says so", async () => {
    const { client, tokens } = await connected("low");
    await client.refresh(tokens.refresh);
    host.audit.length = 0;
    host.time.aheadMs = 60_000;
    await client.refresh(tokens.refresh);
    await client.refresh(tokens.refresh);
    host.time.aheadMs = 0;
    expect(log()).toEqual(["consent_ended allow REFRESH_TOKEN_REPLAYED"]);
  });

  test("comes before its record: what can't be recorded ends all the same", async () => {
    const { grant } = await connected("low");
    host.auditState.fails = true;
    expect((await human.post(`/api/grants/${grant.id}/revoke`, {})).status).toBe(200);
    host.auditState.fails = false;
    expect((await human.grants()).map(({ id }) => id)).not.toContain(grant.id);
  });
});

describe("a sign-in", () => {
  const signIns = () => host.audit.filter(({ event }) => event === "sign_in");

  test("is on record, with its method; a wrong password is not, because anything may have been typed", async () => {
    const fresh = host.human("developer");
    await fresh.post("/api/auth/sign-in/email", { email: fresh.email, password: "not the password" });
    expect(signIns()).toEqual([]);
    expect((await fresh.signIn()).status).toBe(200);
    expect(signIns()).toMatchObject([
      { human: "developer@example.com", method: "password", decision: "allow", code: "SIGNED_IN" },
    ]);
  });

  test("that can't be recorded opens nothing", async () => {
    const fresh = host.human("developer");
    host.auditState.fails = true;
    const { status, body, headers } = await fresh.signIn();
    host.auditState.fails = false;
    expect([status, body.error, headers.getSetCookie()]).toEqual([503, "AUDIT_UNAVAILABLE", []]);
    expect((await fresh.get("/api/grants")).status).toBe(401);
  });
});

test("replicas sign with one key; after 90 days with another that was announced before, and old receipts still verify", async () => {
  const { grant } = await connected("low");
  const old = String((await receiptFile(human, grant.id)).body.jws);
  const inMinutes = (minutes: number) => () => new Date(Date.now() + 90 * 24 * 60 * 60_000 + minutes * 60_000);
  const sign = (minutes: number) =>
    createSigningKeys({ ...host, authSecret: host.config.authSecret, clock: inMinutes(minutes) }).sign(
      { iss: host.publicUrl },
      receiptType,
    );
  const kid = (jws: string) => decodeProtectedHeader(jws).kid;
  // Two replicas at once make one key, and go on with the old one while others may not know it yet.
  expect((await Promise.all([sign(1), sign(1)])).map(kid)).toEqual([kid(old), kid(old)]);
  const [one, other] = await Promise.all([sign(12), sign(12)]);
  expect(kid(one)).not.toBe(kid(old));
  expect(kid(one)).toBe(kid(other));
  host.time.aheadMs = 2 * 60_000;
  expect(await verified(old)).toMatchObject({ grant_id: grant.id });
  expect(await verified(one)).toMatchObject({ iss: host.publicUrl });
  host.time.aheadMs = 0;

  const stolen = createSigningKeys({
    database: host.database,
    authSecret: "another secret of 32 characters!",
    clock: () => new Date(),
  });
  await expect(stolen.sign({}, receiptType)).rejects.toThrow();
  const stored = JSON.stringify(await host.database.kysely.selectFrom("gateway_signing_key").selectAll().execute());
  expect(stored).not.toContain('"d":');
});
