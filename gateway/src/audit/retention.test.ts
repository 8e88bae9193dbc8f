/** What was kept for long enough is deleted: no more than that, not before it is on record, and the rest verifies. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditLogOn, clearAudit, refusedCall, storedLines } from "../../testing/audit-fixture.ts";
import { verifiedLog } from "../../testing/audit-load.ts";
import { testLog } from "../../testing/test-log.ts";
import { createAuditRetention } from "../adapters/audit-retention.ts";
import { createAuditShipments } from "../adapters/audit-shipments.ts";
import { createAuditStore } from "../adapters/audit-store.ts";
import type { Database } from "../adapters/database.ts";
import type { AuditLine } from "../deps/audit.ts";
import type { AuditRetention } from "../deps/audit-store.ts";
import { GatewayError } from "../errors.ts";
import { testDatabases } from "../oauth/testing/test-databases.ts";
import type { AuditLog } from "./audit-log.ts";
import { deleteExpired } from "./retention.ts";
import { type AuditShipper, startAuditShipper } from "./shipper.ts";

const now = new Date("2026-11-24T12:00:00Z");
/** With two days of retention, the first moment that is kept. */
const kept = new Date("2026-11-22T00:00:00.000Z");
const expired = new Date(kept.getTime() - 1);
const days = 2;
const holder = "6f1dbd0a-7c2f-4a5e-9a37-0d3f7b7f1f10";

describe.each(testDatabases)("$name", ({ open }) => {
  let database: Database;
  beforeAll(async () => {
    ({ database } = await open());
  });
  let log: AuditLog;
  let shippers: AuditShipper[] = [];
  beforeEach(async () => {
    await clearAudit(database);
    // The first record of a chain has the log's own time.
    log = auditLogOn(database, { clock: () => expired });
  });
  afterEach(async () => {
    for (const shipper of shippers) await shipper.stop(2_000);
    shippers = [];
  });
  afterAll(() => database.close());

  const write = async (names: readonly string[], at: Date, to = log) => {
    for (const name of names) await to.write(refusedCall(name, at));
  };
  const run = (destinations: readonly string[] = [], change: Partial<AuditRetention> = {}, auditLog = log) => {
    const retention = { ...createAuditRetention(database), ...change };
    return deleteExpired(days, { retention, auditLog, host: "demo", destinations, clock: () => now });
  };
  /** All but the checkpoint that signs for what is deleted. */
  const records = async () => (await storedLines(database)).filter(({ event }) => event !== "log_checkpoint");
  const names = async () => (await records()).map(({ tool, event }) => tool ?? event);
  const verified = () => verifiedLog(database, { asOf: now });
  const ship = async (destination: string, to: number, chain = log.head()?.chain ?? "") => {
    const shipments = createAuditShipments(database);
    await shipments.lease(destination, chain, holder, 60_000);
    expect(await shipments.shipped(destination, chain, holder, to)).toBe(true);
  };
  /** A destination in memory, and the shipper to it. */
  const shipTo = (name: string) => {
    const lines: AuditLine[] = [];
    const deliver = async (batch: readonly AuditLine[]) => {
      lines.push(...batch);
      return 0;
    };
    const limits = { records: 2, bytes: 1_000_000, bytesPerRecord: 0, spanMs: 1e12, paceMs: 10 };
    const destination = { name, limits, deliver, close: () => undefined };
    const shipments = createAuditShipments(database);
    shippers.push(startAuditShipper({ shipments, destination, clock: () => now, log: testLog() }));
    return lines;
  };
  const stored = async () => (await storedLines(database)).map(({ line }) => line);

  test("whole days alone: what is a millisecond younger than the first of them stays", async () => {
    await write(["old-1", "old-2"], expired);
    await write(["kept-1", "kept-2"], kept);
    expect(await run()).toBe(1);
    expect(await names()).toEqual(["kept-1", "kept-2", "log_trimmed"]);
    const report = await verified();
    expect(report.problems).toEqual([]);
    expect(report.chains).toMatchObject([{ from: 4, to: 7 }]);
    // There is nothing left to do, and nothing is said of nothing.
    expect(await run()).toBe(0);
    expect(await names()).toEqual(["kept-1", "kept-2", "log_trimmed"]);
  });

  test("nothing is deleted while all of it is young enough", async () => {
    await write(["kept"], kept, auditLogOn(database, { clock: () => kept }));
    expect(await run()).toBe(0);
    expect(await names()).toEqual(["log_started", "kept"]);
  });

  test("of two destinations, one that lags: only what both have got", async () => {
    await write(["old-1", "old-2", "old-3"], expired);
    await write(["kept"], kept);
    const both = ["fast", "slow"];
    await ship("fast", 5);
    // The slow one has never been asked for, and then has the first two.
    expect(await run(both)).toBe(0);
    await ship("slow", 2);
    expect(await run(both)).toBe(1);
    expect(await names()).toEqual(["old-2", "old-3", "kept", "log_trimmed"]);
    expect(await run(both)).toBe(0);
    await ship("slow", 5);
    expect(await run(both)).toBe(1);
    expect(await names()).toEqual(["kept", "log_trimmed", "log_trimmed"]);
    expect((await verified()).problems).toEqual([]);
  });

  test("a destination that was shipped to once and is not named any more holds up nothing", async () => {
    await write(["old"], expired);
    await ship("gone", 1);
    expect(await run(["here"])).toBe(0);
    expect(await run([])).toBe(1);
    expect(await names()).toEqual(["log_trimmed"]);
  });

  test("it is on record, with the hash that the rest goes on from, before anything is deleted", async () => {
    await write(["old"], expired);
    await write(["kept"], kept);
    const { trim } = createAuditRetention(database);
    const seen: (readonly string[])[] = [];
    await run([], {
      trim: async (head) => {
        seen.push(await names());
        const lines = await storedLines(database);
        const [trimmed, checkpoint] = lines.slice(-2);
        expect(JSON.parse(trimmed?.line ?? "{}")).toMatchObject({ unmapped: { heads: [head] } });
        // What signs for it is there too.
        expect(checkpoint?.event).toBe("log_checkpoint");
        expect(JSON.parse(lines[head.sequence]?.line ?? "{}")).toMatchObject({ unmapped: { previous: head.hash } });
        await trim(head);
      },
    });
    expect(seen).toEqual([["log_started", "old", "kept", "log_trimmed"]]);
    expect(await names()).toEqual(["kept", "log_trimmed"]);
  });

  test("what can't be put on record is not deleted", async () => {
    await write(["old"], expired);
    const unable = { ...log, write: () => Promise.reject(new GatewayError("AUDIT_UNAVAILABLE")) };
    await expect(run([], {}, unable)).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    expect(await names()).toEqual(["log_started", "old"]);
  });

  test("a database that fails in the middle of it: nothing is lost, and the next time it is done", async () => {
    await write(["old"], expired);
    await write(["kept"], kept);
    const make = (name: string, statement: string) => database.execute(name, statement, []);
    const body = "begin raise exception 'not now'; end";
    await make("refusal", `create function refuse_trim() returns trigger language plpgsql as $$${body}$$`);
    // After the lines were deleted, in the same transaction.
    await make(
      "trigger",
      `create trigger refuse_trim before update of trimmed_sequence on gateway_audit_chain
      for each row execute function refuse_trim()`,
    );
    try {
      await expect(run()).rejects.toThrow("not now");
    } finally {
      await make("no refusal", "drop function refuse_trim cascade");
    }
    expect(await names()).toEqual(["log_started", "old", "kept", "log_trimmed"]);
    expect((await verified()).problems).toEqual([]);
    expect(await run()).toBe(1);
    expect(await names()).toEqual(["kept", "log_trimmed", "log_trimmed"]);
    expect((await verified()).problems).toEqual([]);
  });

  test("a chain of which nothing is left", async () => {
    const ended = auditLogOn(database, { clock: () => expired });
    await write(["old-1", "old-2"], expired, ended);
    await createAuditStore(database).end(ended.head()?.chain ?? "");
    log = auditLogOn(database, { clock: () => kept });
    await write(["kept"], kept);
    expect(await run()).toBe(1);
    expect(await names()).toEqual(["log_started", "kept", "log_trimmed"]);
    const report = await verified();
    expect(report.problems).toEqual([]);
    expect(report.chains).toHaveLength(1);
    expect(await run()).toBe(0);
    // Nor is there anything to ship of it, to whomever.
    const open = (await createAuditShipments(database).waiting("new")).map(({ chain }) => chain);
    expect(open).toEqual([log.head()?.chain]);
  });

  test("records that are taken out otherwise are still missed", async () => {
    await write(["old"], expired);
    await write(["kept-1", "kept-2"], kept);
    await run();
    await database.kysely.deleteFrom("gateway_audit").where("tool", "=", "kept-1").execute();
    expect((await verified()).problems.map(({ code }) => code)).toContain("BEGINNING_MISSING");
  });

  test("a shipper goes on behind what was deleted", async () => {
    await write(["old-1", "old-2"], expired);
    const lines = shipTo("memory");
    await expect.poll(() => lines.length).toBe(3);
    const before = await stored();
    expect(await run(["memory"])).toBe(1);
    await write(["kept"], kept);
    await expect.poll(() => lines.length).toBe(6);
    expect(lines.map(({ line }) => line)).toEqual([...before, ...(await stored())]);
    expect(lines.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a destination that is added later begins where the log begins now, and is waited for from then on", async () => {
    await write(["old-1", "old-2"], expired);
    await write(["kept"], kept);
    await ship("first", 4);
    expect(await run(["first"])).toBe(1);
    expect(await names()).toEqual(["kept", "log_trimmed"]);
    await ship("first", 6);
    const later = new Date(now.getTime() + 30 * 24 * 60 * 60 * 1000);
    const parts = { retention: createAuditRetention(database), auditLog: log, host: "demo", clock: () => later };
    // The new one has nothing yet.
    expect(await deleteExpired(days, { ...parts, destinations: ["first", "second"] })).toBe(0);
    const lines = shipTo("second");
    await expect.poll(() => lines.map(({ sequence }) => sequence)).toEqual([4, 5, 6]);
    expect(lines.map(({ line }) => line)).toEqual(await stored());
    await expect.poll(() => createAuditShipments(database).waiting("second")).toEqual([]);
    expect(await deleteExpired(days, { ...parts, destinations: ["first", "second"] })).toBe(1);
    expect(await names()).toEqual(["log_trimmed"]);
  });
});
