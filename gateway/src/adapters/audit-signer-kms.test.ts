/** The key of the audit log in AWS KMS: real HTTP and the real protocol, and what becomes of the log while KMS is away. */
import { verify as verifySignature } from "node:crypto";
import { calculateJwkThumbprint, type JWK } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { auditLogOn, clearAudit, refusedCall, storedLines } from "../../testing/audit-fixture.ts";
import { type KmsMood, type StandInKms, startStandInKms } from "../../testing/kms-ed25519.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { signatureState } from "../audit/checkpoint-signature.ts";
import { logRecord } from "../audit/log-record.ts";
import type { AuditSigner } from "../deps/audit-signer.ts";
import { createKmsAuditSigner } from "./audit-signer-kms.ts";
import type { Database } from "./database.ts";

/** A call is refused after five seconds, and waits less than half of that for a key service. */
const soonMs = 2_500;

let kms: StandInKms;
let database: Database;
let signer: AuditSigner | undefined;
beforeAll(async () => {
  [kms, database] = await Promise.all([startStandInKms(), openMemoryDatabase()]);
  vi.stubEnv("AWS_ENDPOINT_URL", kms.url);
  vi.stubEnv("AWS_REGION", "eu-west-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
beforeEach(() => clearAudit(database));
afterEach(() => {
  kms.mood = "answers";
  signer?.close();
  signer = undefined;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([kms.close(), database.close()]);
});

test("its kid is the thumbprint of the public key, and what it signs verifies with that", async () => {
  signer = await createKmsAuditSigner(kms.keyArn);
  expect(signer.kid).toBe(await calculateJwkThumbprint(kms.publicKey as JWK));
  const bytes = Buffer.from("what the log has come to");
  const signature = await signer.sign(bytes);
  const key = { key: kms.publicKey, format: "jwk" } as const;
  expect(verifySignature(null, bytes, key, signature)).toBe(true);
  expect(verifySignature(null, Buffer.from("something else"), key, signature)).toBe(false);
});

test.each([
  ["a key of another spec", () => kms.otherSpecArn, /is no key for Ed25519 signatures\. Make one with the key spec/],
  ["a key that is not there", () => `${kms.keyArn}0`, /does not exist/],
])("%s is refused at the start", async (_what, keyArn, sentence) => {
  await expect(createKmsAuditSigner(keyArn())).rejects.toThrow(sentence);
});

test("a KMS that fails at the start: the gateway does not begin unsigned", async () => {
  kms.mood = "fails";
  await expect(createKmsAuditSigner(kms.keyArn)).rejects.toThrow("It is not the caller's fault.");
});

test.each<KmsMood>(["fails", "hangs"])(
  "a KMS that %s: calls go on, the checkpoint has no signature, and the next one has when it is back",
  async (mood) => {
    signer = await createKmsAuditSigner(kms.keyArn);
    const keys = new Map([[signer.kid, kms.publicKey as JWK]]);
    const told: string[] = [];
    const error = (data: { readonly code?: string }) => void told.push(data.code ?? "");
    const log = auditLogOn(database, { signer, log: { info: () => undefined, error } as never });
    const checkpoint = () => log.note(logRecord("log_checkpoint", { host: "demo", now: new Date() }));
    await log.write(refusedCall("before"));

    kms.mood = mood;
    checkpoint();
    const startedMs = performance.now();
    await Promise.all(["a", "b", "c"].map((name) => log.write(refusedCall(name))));
    expect(performance.now() - startedMs).toBeLessThan(soonMs);
    expect(told).toEqual(["AUDIT_NOT_SIGNED"]);

    kms.mood = "answers";
    checkpoint();
    await log.flushed();
    expect(told).toEqual(["AUDIT_NOT_SIGNED"]);
    const lines = await storedLines(database);
    const checkpoints = lines.filter(({ event }) => event === "log_checkpoint");
    const states = await Promise.all(checkpoints.map(({ line }) => signatureState(line, keys)));
    expect(states).toEqual(["none", "good"]);
    expect(lines.flatMap(({ tool }) => tool ?? [])).toEqual(["before", "a", "b", "c"]);
  },
);
