/** A server that ends (PANIC) may have done what it was asked for, though its error says that there is no space. */
import { afterAll, expect, test } from "vitest";
import { createAuditStore } from "../src/adapters/audit-store.ts";
import { testDatabases } from "../src/oauth/testing/test-databases.ts";
import { auditLogOn, refusedCall, storedLines } from "../testing/audit-fixture.ts";

const opening = testDatabases[0]?.open() ?? expect.fail();
afterAll(async () => (await opening).database.close());

/** As `pg` and PGlite make one of an ErrorResponse. */
const noSpace = (severity: "ERROR" | "PANIC") =>
  Object.assign(new Error('could not write to file "pg_wal/xlogtemp.42": No space left on device'), {
    ...{ severity, code: "53100" },
  });

test("a commit that was done before the PANIC is neither refused nor made twice", async () => {
  const { database } = await opening;
  let appends = 0;
  const store = createAuditStore({
    ...database,
    execute: async (...statement) => {
      const count = await database.execute(...statement);
      appends += 1;
      if (appends === 2) throw noSpace("PANIC");
      return count;
    },
  });
  const log = auditLogOn(database, { store });
  await log.write(refusedCall("first"));
  await log.write(refusedCall("second"));
  const rows = await storedLines(database);
  expect(rows.map(({ tool }) => tool)).toEqual([null, "first", "second"]);
  expect(new Set(rows.map(({ chain }) => chain)).size).toBe(1);
});

test("an error with the same code that ends nothing refuses at once", async () => {
  const { database } = await opening;
  const store = createAuditStore({ ...database, execute: () => Promise.reject(noSpace("ERROR")) });
  const startedMs = performance.now();
  const refused = auditLogOn(database, { store }).write(refusedCall("refused"));
  await expect(refused).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});
