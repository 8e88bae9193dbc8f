/** Records at the end of a chain: durable, in order, without gaps, whatever the database does meanwhile. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { allowedCall, auditLogOn, clearAudit, refusedCall, storedLines } from "../../testing/audit-fixture.ts";
import { createAuditStore } from "../adapters/audit-store.ts";
import type { Database } from "../adapters/database.ts";
import { type AuditStore, AuditStoreUnable } from "../deps/audit-store.ts";
import { type TestDatabase, testDatabases } from "../oauth/testing/test-databases.ts";
import { callResult } from "./call-result.ts";
import { hashOf, noLine } from "./line.ts";
import { fromOcsf } from "./ocsf/from-ocsf.ts";

/** Lines form chains: from 1, without gaps, each naming the one before. Returns their records by chain. */
function expectChains(lines: Awaited<ReturnType<typeof storedLines>>) {
  const ends = new Map<string, { sequence: number; hash: string }>();
  return lines.map(({ chain, sequence, line }) => {
    const before = ends.get(chain) ?? { sequence: 0, hash: noLine };
    const { record, link } = fromOcsf(JSON.parse(line)) ?? {};
    expect(link).toEqual({ chain, sequence: before.sequence + 1, previous: before.hash, replica: "r1" });
    expect(sequence).toBe(before.sequence + 1);
    ends.set(chain, { sequence, hash: hashOf(line) });
    return record;
  });
}

describe.each(testDatabases)("$name", ({ open }) => {
  let database: Database;
  beforeAll(async () => {
    ({ database } = await open());
  });
  beforeEach(() => clearAudit(database));
  afterAll(() => database.close());

  /** A log whose store does what the test says before or instead of each append. */
  const logWith = async (change: (store: AuditStore) => Partial<AuditStore>) => {
    const store = createAuditStore(database);
    return auditLogOn(database, { store: { ...store, ...change(store) } });
  };
  const stored = async () => expectChains(await storedLines(database));
  const tools = async () =>
    (await stored()).flatMap((record) => (record !== undefined && "tool" in record ? [record.tool] : []));

  test("what was written is stored before the write resolves, in a chain whose head is its end", async () => {
    const log = auditLogOn(database);
    const record = refusedCall("a");
    await log.write(record);
    const lines = await storedLines(database);
    expect(expectChains(lines)).toEqual([expect.objectContaining({ event: "log_started" }), record]);
    expect(lines[1]).toMatchObject({ human: "alice@example.com", agent: "client-1", tool: "a", code: "NO_GRANT" });
    const head = { chain: lines[0]?.chain, sequence: 2, hash: hashOf(lines[1]?.line ?? "") };
    expect(log.head()).toEqual(head);
    expect(await createAuditStore(database).openChains()).toEqual([{ ...head, replica: "r1" }]);
  });

  test("what comes while an append is in flight goes with the next one, and order is kept", async () => {
    const appended: number[] = [];
    const log = await logWith((store) => ({
      append: (before, after, lines) => {
        appended.push(lines.length);
        return store.append(before, after, lines);
      },
    }));
    const names = Array.from({ length: 300 }, (_, index) => `tool-${index}`);
    await Promise.all(names.map((name) => log.write(refusedCall(name))));
    expect(await tools()).toEqual(names);
    expect(appended.length).toBeLessThan(10);
    expect(log.waiting()).toBe(0);
  });

  test("what has happened goes with the next record that somebody waits for, and without one soon by itself", async () => {
    const appended: number[] = [];
    const log = await logWith((store) => ({
      append: (before, after, lines) => {
        appended.push(lines.length);
        return store.append(before, after, lines);
      },
    }));
    await log.write(refusedCall("first"));
    log.note(refusedCall("happened"));
    await log.write(refusedCall("second"));
    expect([await tools(), appended]).toEqual([
      ["first", "happened", "second"],
      [1, 1, 2],
    ]);
    log.note(refusedCall("last"));
    await vi.waitFor(async () => expect((await tools()).at(-1)).toBe("last"), { timeout: 10_000 });
  });

  test("calls without a result are found, and not looked for among those before the oldest", async () => {
    const log = auditLogOn(database);
    await log.write(refusedCall("first"));
    const answered = { outcome: "answered", code: "ANSWERED", reason: "." } as const;
    const open = new Map<string, ReturnType<typeof allowedCall>>();
    let longest = 0;
    const step = fc.oneof(
      fc.constant({ end: -1 }),
      fc.nat(5).map((end) => ({ end })),
    );
    const run = async (steps: readonly { readonly end: number }[]) => {
      for (const { end } of steps) {
        if (end < 0) {
          const call = allowedCall("call");
          open.set(call.id, call);
          await log.write(call);
        } else {
          const call = [...open.values()][end];
          if (call === undefined) continue;
          open.delete(call.id);
          log.note(callResult(call, new Date(), answered));
        }
      }
      await log.flushed();
      const { chain = "", sequence = 0 } = log.head() ?? {};
      const found = await createAuditStore(database).openCalls(chain);
      expect(found.map(({ line }) => fromOcsf(JSON.parse(line))?.record.id)).toEqual([...open.keys()]);
      const rows = await database.kysely.selectFrom("gateway_audit_chain").select("open_sequence").execute();
      const at = (await storedLines(database)).find(({ id }) => open.has(id))?.sequence ?? sequence;
      expect(Number(rows[0]?.open_sequence)).toBeLessThanOrEqual(at);
      longest = Math.max(longest, Number(rows[0]?.open_sequence));
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 20 }), run), { numRuns: 30 });
    for (const call of open.values()) log.note(callResult(call, new Date(), answered));
    await log.write(refusedCall("last"));
    expect(await createAuditStore(database).openCalls(log.head()?.chain ?? "")).toEqual([]);
    expect(longest).toBeGreaterThan(10);
  });

  test("a record that is stored already refuses its own write and nobody else's", async () => {
    const log = auditLogOn(database);
    const twice = refusedCall("twice");
    await log.write(twice);
    const results = await Promise.allSettled([refusedCall("x"), twice, refusedCall("y")].map(log.write));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: { code: "AUDIT_UNAVAILABLE" } });
    expect(await tools()).toEqual(["twice", "x", "y"]);
  });

  test("an append whose answer is lost is neither lost nor doubled", async () => {
    let appends = 0;
    const log = await logWith((store) => ({
      append: async (before, after, lines) => {
        appends += 1;
        const done = await store.append(before, after, lines);
        if (appends === 2) throw new Error("Connection terminated unexpectedly");
        return done;
      },
    }));
    await log.write(refusedCall("a"));
    await log.write(refusedCall("b"));
    expect(await tools()).toEqual(["a", "b"]);
  });

  test("an append that was not done is done again", async () => {
    let appends = 0;
    const log = await logWith((store) => ({
      append: async (before, after, lines) => {
        appends += 1;
        if (appends === 2) throw new Error("Connection terminated unexpectedly");
        return store.append(before, after, lines);
      },
      head: vi.fn(store.head).mockRejectedValueOnce(new Error("Connection terminated unexpectedly")),
    }));
    await log.write(refusedCall("a"));
    expect(appends).toBe(3);
    expect(await tools()).toEqual(["a"]);
  });

  test("a database that can't write refuses at once; what has happened is kept until it can", async () => {
    let full = false;
    const log = await logWith((store) => ({
      append: (...append) => {
        if (full) throw new AuditStoreUnable("could not extend file: No space left on device");
        return store.append(...append);
      },
    }));
    await log.write(refusedCall("before"));
    full = true;
    log.note(refusedCall("happened"));
    await expect(log.write(refusedCall("refused"))).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    full = false;
    await log.flushed();
    expect(await tools()).toEqual(["before", "happened"]);
  });

  test("a chain that was ended by others is gone on with in a new one, without a record lost", async () => {
    const log = auditLogOn(database);
    await log.write(refusedCall("a"));
    await createAuditStore(database).end(log.head()?.chain ?? "");
    await log.write(refusedCall("b"));
    expect(await tools()).toEqual(["a", "b"]);
    expect((await stored()).filter((record) => record?.event === "log_started")).toHaveLength(2);
  });

  test("a chain that somebody has written to is not gone on with", async () => {
    const log = auditLogOn(database);
    await log.write(refusedCall("a"));
    await database.kysely.updateTable("gateway_audit_chain").set({ hash: noLine }).execute();
    await log.write(refusedCall("b"));
    expect(new Set((await storedLines(database)).map(({ chain }) => chain)).size).toBe(2);
  });
});

describe("a database that hangs", () => {
  let opened: TestDatabase | undefined;
  beforeAll(async () => {
    opened = await testDatabases[0]?.open();
  });
  afterAll(async () => opened?.database.close());
  beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

  test("refuses the call in time; when its record turns out to be durable, a result says that the call was not made", async () => {
    const { database } = opened ?? expect.fail();
    const store = createAuditStore(database);
    const { promise, resolve } = Promise.withResolvers<void>();
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    const log = auditLogOn(database, {
      store: {
        ...store,
        append: async (before, after, lines) => {
          if (lines.some(({ tool, event }) => tool === "late" && event === "tool_call")) {
            begin();
            await promise;
          }
          return store.append(before, after, lines);
        },
      },
    });
    await log.write(refusedCall("first"));
    const late = allowedCall("late");
    const outcome = expect(log.write(late)).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    await began;
    // Nobody waits for this one any more when its turn comes: it is not written.
    const never = expect(log.write(refusedCall("never"))).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all([outcome, never]);
    vi.useRealTimers();
    resolve();
    await log.flushed();
    // The result is noted when the record is durable, which is what was waited for.
    await log.flushed();
    expect(expectChains(await storedLines(database)).slice(2)).toEqual([
      late,
      expect.objectContaining({ event: "call_result", callId: late.id, outcome: "failed", code: "AUDIT_UNAVAILABLE" }),
    ]);
    expect(log.waiting()).toBe(0);
  });
});
