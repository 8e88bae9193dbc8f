import { expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { StubDirectory } from "../oauth/testing/stub-host.ts";
import { createReadiness } from "./readiness.ts";

test("a policy with codes by mail is not ready where no mail can leave", async () => {
  const directory = new StubDirectory({ servers: {} });
  const database = await openMemoryDatabase();
  const decisions = { check: async () => false, checkAll: async () => [], ready: async () => true };
  const mailer = { send: async () => undefined, close: () => undefined };
  const policy = (mailed: boolean) =>
    createReadiness({ database, decisions, directory, mailer: mailed ? mailer : undefined }).policy();
  expect(await policy(false)).toBeUndefined();
  await directory.change({ host: { sign_in: { password: { enabled: true }, otp: { enabled: true } } } });
  expect(await policy(false)).toContain("set SMTP_URL and SMTP_FROM");
  expect(await policy(true)).toBeUndefined();
  await database.close();
});
