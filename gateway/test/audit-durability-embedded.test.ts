/** The embedded database: what a process acknowledged is there when it was killed in the middle. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createAuditStore } from "../src/adapters/audit-store.ts";
import { openDatabase } from "../src/adapters/database.ts";
import { startLogKeeper } from "../src/audit/log-keeper.ts";
import { auditLogOn, storedLines } from "../testing/audit-fixture.ts";
import { verifiedLog } from "../testing/audit-load.ts";
import { type AuditWriter, missingFrom, startAuditWriter, storedAudit } from "../testing/audit-writer.ts";
import { testLog } from "../testing/test-log.ts";
import { unpackCluster } from "../testing/unpack-cluster.ts";

const kills = 3;
const dataDir = mkdtempSync(join(tmpdir(), "audit-embedded-"));
const writers: AuditWriter[] = [];
afterEach(async () => {
  for (const writer of writers) await writer.kill();
  rmSync(dataDir, { recursive: true });
});

test("killed at any moment, again and again: all is there, and the next process says where the chains end", async () => {
  unpackCluster(dataDir);
  for (let kill = 0; kill < kills; kill += 1) {
    const writer = startAuditWriter(dataDir);
    writers.push(writer);
    await expect.poll(() => writer.acknowledged.length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(5);
    await sleep(Math.random() * 300);
    await writer.kill();
  }
  const { ids, problems } = await storedAudit(dataDir);
  expect(missingFrom(ids, writers)).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(writers.map(({ errors, refused }) => [errors(), refused])).toEqual(writers.map(() => ["", []]));
  // All that is said against it is that nobody has ended these chains.
  expect(problems).toEqual(writers.map(() => "END_MISSING"));

  const database = await openDatabase({ dataDir });
  const auditLog = auditLogOn(database);
  const keeper = startLogKeeper({
    ...{ store: createAuditStore(database), auditLog, host: "demo", checkpointMs: 50, clock: () => new Date() },
    ...{ log: testLog(), deleteExpired: async () => undefined },
  });
  const abandoned = async () => (await storedLines(database)).filter(({ event }) => event === "log_abandoned").length;
  await expect.poll(abandoned, { timeout: 10_000 }).toBe(kills);
  await keeper.stop(5_000);
  const report = await verifiedLog(database, { live: false });
  await database.close();
  expect(report.problems).toEqual([]);
  expect(report.openCalls).toBe(0);
});
