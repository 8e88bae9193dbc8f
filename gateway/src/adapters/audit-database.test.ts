import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { denyRecord } from "../audit/record.ts";
import type { AuditRecord } from "../deps/audit.ts";
import type { Grant } from "../deps/grants.ts";
import { createDatabaseAuditSink } from "./audit-database.ts";
import type { Database } from "./database.ts";

let database: Database;
const lines: string[] = [];

beforeAll(async () => {
  database = await openMemoryDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  vi.restoreAllMocks();
  lines.length = 0;
  await database.kysely.deleteFrom("gateway_audit").execute();
});

const grant = { id: "g", email: "alice@example.com", clientId: "c", clientName: "C\u0000lient" } as Grant;
const record = (tool: string): AuditRecord =>
  denyRecord(
    { requestId: "r", host: "demo", now: new Date(), grant, server: "issues", asked: { tool, trust: null } },
    "NO_GRANT",
    "No grant.",
  );
const stored = () => database.kysely.selectFrom("gateway_audit").selectAll().orderBy("tool").execute();
const sink = () => createDatabaseAuditSink({ database, writeLines: (some) => lines.push(...some.split("\n")) });

test("what was written is in the table, and one line each, before the write resolves", async () => {
  const written = record("a\u0000b");
  await sink().write(written);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ type: "audit", ...written }]);
  const [row] = await stored();
  expect(row).toMatchObject({
    id: written.id,
    human: "alice@example.com",
    agent_client_id: "c",
    agent_name: "C\uFFFDlient",
    tool: "a\uFFFDb",
    trust: null,
    decision: "deny",
    code: "NO_GRANT",
  });
  expect(row?.time.toISOString()).toBe(written.time);
});

test("records of one moment go together, and those that come while two commits are in flight go with the next", async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const insert = database.execute;
  const execute = vi.spyOn(database, "execute").mockImplementation(async (...statement) => {
    await opened;
    return insert(...statement);
  });
  const audit = sink();
  const written: Promise<void>[] = [];
  const write = (count: number) => {
    for (let left = count; left > 0; left -= 1) written.push(audit.write(record(`tool-${written.length}`)));
  };
  for (const [moment, commits] of [1, 2, 2, 2].entries()) {
    write(10 + moment);
    await nextTurn();
    await nextTurn();
    expect(execute).toHaveBeenCalledTimes(commits);
  }
  expect(lines).toEqual([]);
  open();
  await Promise.all(written);
  expect(execute).toHaveBeenCalledTimes(3);
  expect(await stored()).toHaveLength(46);
  expect(lines).toHaveLength(46);
});

test("a record that can't be stored refuses its own call and nobody else's", async () => {
  const audit = sink();
  const bad = { ...record("bad"), tool: "\u0000" };
  const results = await Promise.allSettled([record("first"), record("second"), bad, record("third")].map(audit.write));
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect(results[2]).toMatchObject({ reason: { code: "AUDIT_UNAVAILABLE" } });
  expect(lines).toHaveLength(3);
  await audit.write(record("later"));
  expect(await stored()).toHaveLength(4);
});

test("a repeat of the same record is one row", async () => {
  const audit = sink();
  const once = record("a");
  await audit.write(once);
  await audit.write(once);
  expect(await stored()).toHaveLength(1);
});

test("a database that does not answer refuses the call in time", async () => {
  vi.useFakeTimers();
  const silent = database.kysely.getExecutor();
  vi.spyOn(silent, "executeQuery").mockReturnValue(new Promise<never>(() => undefined));
  vi.spyOn(database.kysely, "getExecutor").mockReturnValue(silent);
  const outcome = expect(sink().write(record("a"))).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
  await vi.advanceTimersByTimeAsync(5_000);
  await outcome;
  vi.useRealTimers();
  expect(lines).toEqual([]);
});

test("ids are UUIDs of version 7 and sort by time", () => {
  const at = (ms: number) =>
    denyRecord(
      { requestId: "r", host: "h", now: new Date(ms), grant, server: "issues", asked: { tool: "t", trust: null } },
      "X",
      "x",
    );
  const ids = [1_000, 2_000, 1_764_000_000_000, 1_764_000_000_001].map((ms) => at(ms).id);
  expect(ids.toSorted()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
