/** A PostgreSQL that ends in the middle, and connections that do, under load. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../src/adapters/database.ts";
import { auditLogOn, clearAudit, refusedCall, storedLines } from "../testing/audit-fixture.ts";
import { type AuditLoad, startAuditLoad, verifiedLog } from "../testing/audit-load.ts";
import { type CrashingPostgres, hasPostgres, startCrashingPostgres } from "../testing/crashing-postgres.ts";

describe.skipIf(!hasPostgres)("under load", () => {
  const folder = mkdtempSync(join(tmpdir(), "audit-durability-"));
  let postgres: CrashingPostgres;
  let database: Database;
  beforeAll(async () => {
    postgres = await startCrashingPostgres({ folder, logFolder: folder });
    database = await openDatabase({ url: postgres.url });
  });
  beforeEach(() => clearAudit(database));
  afterAll(async () => {
    await database.close();
    postgres.crash();
    rmSync(folder, { recursive: true });
  });

  const more = (load: AuditLoad) => {
    const before = load.acknowledged.length;
    return expect.poll(() => load.acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(before + 20);
  };
  /** All that was promised is there, once, in one chain without gaps. */
  const expectComplete = async (load: AuditLoad) => {
    const { acknowledged, noted } = await load.stop();
    const rows = await storedLines(database);
    const ids = rows.map(({ id }) => id);
    const stored = new Set(ids);
    expect([...acknowledged, ...noted].filter((id) => !stored.has(id))).toEqual([]);
    expect(ids).toHaveLength(stored.size);
    expect(acknowledged.length).toBeGreaterThan(100);
    expect(noted.length).toBeGreaterThan(5);
    const report = await verifiedLog(database);
    expect(report.problems).toEqual([]);
    expect(report.records).toBe(rows.length);
    // It was never in doubt where its chain was.
    expect(report.chains).toHaveLength(1);
  };

  test("the server is killed and started again, three times", async () => {
    const log = auditLogOn(database);
    const load = startAuditLoad(log);
    for (let kill = 0; kill < 3; kill += 1) {
      await more(load);
      postgres.crash();
      await expect(new pg.Client({ connectionString: postgres.url }).connect()).rejects.toThrow();
      postgres.start();
      await more(load);
    }
    await expectComplete(load);
  });

  test("while the server is away a call is refused within five seconds, and what has happened is kept", async () => {
    const log = auditLogOn(database);
    await log.write(refusedCall("before"));
    postgres.crash();
    const startedMs = performance.now();
    const [refused, happened] = [refusedCall("refused"), refusedCall("happened")];
    log.note(happened);
    await expect(log.write(refused)).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    expect(performance.now() - startedMs).toBeLessThan(5_500);
    postgres.start();
    await log.flushed();
    const tools = (await storedLines(database)).flatMap(({ tool }) => tool ?? []);
    expect(tools).toEqual(["before", "happened"]);
  });

  const endConnections = async (admin: pg.Client) => {
    const all = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()";
    const { rowCount } = await admin.query(`${all} and backend_type = 'client backend'`);
    return rowCount ?? 0;
  };
  const asAdmin = async <T>(run: (admin: pg.Client) => Promise<T>) => {
    const admin = new pg.Client({ connectionString: postgres.url });
    await admin.connect();
    try {
      return await run(admin);
    } finally {
      await admin.end();
    }
  };

  test("its connections are ended, again and again", async () => {
    const load = startAuditLoad(auditLogOn(database));
    await asAdmin(async (admin) => {
      for (let ended = 0; ended < 12; ended += await endConnections(admin)) await sleep(30);
    });
    await more(load);
    await expectComplete(load);
  });

  test("a connection that breaks while it is held for a lock fails its own work, and does not end the process", async () => {
    const work = database.ifAlone("audit-recovery", async () => {
      await asAdmin(endConnections);
      await sleep(100);
    });
    await expect(work).rejects.toThrow();
    await expect(database.ifAlone("audit-recovery", async () => undefined)).resolves.toBe(true);
  });
});
