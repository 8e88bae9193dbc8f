import { expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { StubDirectory } from "../oauth/testing/stub-host.ts";
import { createReadiness } from "./readiness.ts";

test("a policy with codes by mail is not ready where no mail can leave", async () => {
  const directory = new StubDirectory({ servers: {} });
  const database = await openMemoryDatabase();
  const decisions = { check: async () => false, checkAll: async () => [], ready: async () => true };
  const mailer = { send: async () => undefined, close: () => undefined };
  const auditLog = { oldestWaitsMs: () => 0 };
  const policy = (mailed: boolean) =>
    createReadiness({ database, decisions, directory, auditLog, mailer: mailed ? mailer : undefined }).policy();
  expect(await policy(false)).toBeUndefined();
  await directory.change({ host: { sign_in: { password: { enabled: true }, otp: { enabled: true } } } });
  expect(await policy(false)).toContain("set SMTP_URL and SMTP_FROM");
  expect(await policy(true)).toBeUndefined();
  await database.close();
});

test("a log that nothing can be written to is not ready", async () => {
  const directory = new StubDirectory({ servers: {} });
  const database = await openMemoryDatabase();
  const decisions = { check: async () => false, checkAll: async () => [], ready: async () => true };
  let waitsMs = 4_000;
  const auditLog = { oldestWaitsMs: () => waitsMs };
  const { audit } = createReadiness({ database, decisions, directory, auditLog, mailer: undefined });
  expect(await audit()).toBeUndefined();
  waitsMs = 6_000;
  expect(await audit()).toBe("Audit records can't be written. See the gateway's log.");
  await database.close();
});
