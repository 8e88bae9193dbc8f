/** A PostgreSQL whose disk is full, for real: what it promised is there, it refuses what it can't keep, and goes on by itself. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../src/adapters/database.ts";
import { auditLogOn, refusedCall, storedLines } from "../testing/audit-fixture.ts";
import { type AuditLoad, startAuditLoad, verifiedLog } from "../testing/audit-load.ts";
import { type CrashingPostgres, hasPostgres, startCrashingPostgres } from "../testing/crashing-postgres.ts";
import { hasSmallDisks, openSmallDisk, type SmallDisk } from "../testing/small-disk.ts";

/** A moment in which a full disk is full for the load. */
const refusedMin = 30;

describe.skipIf(!hasPostgres || !hasSmallDisks())("a full disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "audit-durability-"));
  let disk: SmallDisk;
  let walDisk: SmallDisk;
  let postgres: CrashingPostgres;
  let database: Database;
  let load: AuditLoad | undefined;
  beforeAll(async () => {
    disk = openSmallDisk(120);
    walDisk = openSmallDisk(24);
    postgres = await startCrashingPostgres({ folder: disk.folder, walFolder: walDisk.folder, logFolder: folder });
    database = await openDatabase({ url: postgres.url });
  });
  beforeEach(async () => {
    // Not one with free space in it that was another test's.
    await sql`truncate gateway_audit, gateway_audit_chain, gateway_audit_shipment`.execute(database.kysely);
  });
  afterEach(async () => {
    for (const each of [disk, walDisk]) each.empty();
    await load?.stop();
    load = undefined;
  });
  afterAll(async () => {
    await database.close();
    if (postgres.runs()) postgres.crash();
    for (const each of [disk, walDisk]) each.close();
    rmSync(folder, { recursive: true });
  });

  const more = (of: AuditLoad) => {
    const before = of.acknowledged.length;
    return expect.poll(() => of.acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(before + 20);
  };
  const refusals = (of: AuditLoad) =>
    expect.poll(() => of.refused.length, { timeout: 10_000, interval: 20 }).toBeGreaterThan(refusedMin);
  const expectComplete = async (of: AuditLoad) => {
    const { acknowledged, noted, refused } = await of.stop();
    const rows = await storedLines(database);
    const stored = new Set(rows.map(({ id }) => id));
    expect([...acknowledged, ...noted].filter((id) => !stored.has(id))).toEqual([]);
    expect(rows).toHaveLength(stored.size);
    expect(refused.every(({ code }) => code === "AUDIT_UNAVAILABLE")).toBe(true);
    expect(Math.max(...refused.map(({ waitedMs }) => waitedMs))).toBeLessThan(6_000);
    const report = await verifiedLog(database);
    expect(report.problems).toEqual([]);
    expect(report.records).toBe(rows.length);
    return { stored, chains: report.chains.length };
  };

  test("no space for the table: refused at once, nothing of it is there afterwards, and it goes on by itself", async () => {
    load = startAuditLoad(auditLogOn(database));
    await more(load);
    disk.fill(0);
    await refusals(load);
    const { length } = load.noted;
    disk.empty();
    await more(load);
    const { stored, chains } = await expectComplete(load);
    expect(length).toBeGreaterThan(0);
    expect(chains).toBe(1);
    expect(load.refused.filter(({ id }) => stored.has(id))).toEqual([]);
    expect(Math.max(...load.refused.map(({ waitedMs }) => waitedMs))).toBeLessThan(2_000);
    expect(readFileSync(postgres.logFile, "utf8")).toMatch(/ERROR:.*No space left on device/);
  });

  test("no space for the write-ahead log: the server ends (PANIC), and nothing that it promised is lost", async () => {
    const log = auditLogOn(database);
    load = startAuditLoad(log);
    await more(load);
    walDisk.fill(0);
    await expect.poll(() => readFileSync(postgres.logFile, "utf8"), { timeout: 10_000 }).toMatch(/PANIC:.*No space/);
    await expect(log.write(refusedCall("in the fullness"))).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    walDisk.empty();
    // It may not have come up again in the fullness; whatever looks after it starts it.
    if (!postgres.runs()) postgres.start();
    await more(load);
    const { chains } = await expectComplete(load);
    expect(chains).toBe(1);
  });
});
