/** Of many replicas one tells of a tool that has changed, and one that it is back. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditLogOn, storedLines } from "../../testing/audit-fixture.ts";
import { settingsOf } from "../../testing/host-settings.ts";
import { testLog } from "../../testing/test-log.ts";
import { fromOcsf } from "../audit/ocsf/from-ocsf.ts";
import type { AuditRecord } from "../deps/audit-records.ts";
import type { ServerSettings } from "../deps/host-settings.ts";
import { createDriftLog } from "../mcp/drift-log.ts";
import { type TestDatabase, testDatabases } from "../oauth/testing/test-databases.ts";
import { createToolDriftStore } from "./tool-drift-store.ts";

const tools = { create_issue: { trust: "medium", digest: "sha256:reviewed" }, get_issue: "low" } as const;
const server = settingsOf({ servers: { issues: { tools } } }).servers.get("issues") as ServerSettings;
const sighting = { requestId: "request-1", server, grant: { userId: "user-1", email: "developer@example.com" } };

describe.each(testDatabases)("$name", ({ open }) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await open();
  });
  const time = { now: Date.parse("2026-11-29T12:00:00Z") };
  const clock = () => new Date(time.now);
  afterAll(async () => opened.database.close());

  test("one record of each change, whichever replicas see it at the same time", async () => {
    const { database, connectAgain } = opened;
    const other = await connectAgain();
    const replicas = [database, other].map((db) =>
      createDriftLog({
        ...{ store: createToolDriftStore({ database: db, clock }), clock, log: testLog(), hostKey: "demo" },
        ...{ audit: auditLogOn(db), quietMs: 300_000 },
      }),
    );
    const see = (seen: string) =>
      Promise.all(
        [...replicas, ...replicas, ...replicas].map((log) => log.note(sighting, new Map([["create_issue", seen]]))),
      );
    await see("sha256:other");
    // Servers that are being updated show both in turns.
    await see("sha256:reviewed");
    await see("sha256:other");
    time.now += 1;
    await see("sha256:third");
    time.now += 299_998;
    await see("sha256:reviewed");
    await see("sha256:third");
    time.now += 300_000;
    await see("sha256:reviewed");
    await see("sha256:reviewed");

    const rows = (await storedLines(database)).filter(({ event }) => event === "tool_drift");
    const records = rows
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ line }) => fromOcsf(JSON.parse(line))?.record as Extract<AuditRecord, { event: "tool_drift" }>);
    expect(records.map(({ code, seen }) => [code, seen])).toEqual([
      ["TOOL_CHANGED", "sha256:other"],
      ["TOOL_CHANGED", "sha256:third"],
      ["TOOL_RESTORED", expect.stringMatching(/other|third/)],
    ]);
    expect(records[0]).toEqual({
      id: expect.any(String),
      time: "2026-11-29T12:00:00.000Z",
      event: "tool_drift",
      host: "demo",
      requestId: "request-1",
      human: "developer@example.com",
      server: "issues",
      reviewer: "admin",
      tool: "create_issue",
      reviewed: "sha256:reviewed",
      seen: "sha256:other",
      decision: "deny",
      code: "TOOL_CHANGED",
      reason:
        '"create_issue" of "issues" is not what was reviewed, so it is blocked. An admin sees what is another with: npm run policy -- import --check --host demo --server issues',
    });
    expect(await database.kysely.selectFrom("gateway_tool_drift").selectAll().execute()).toEqual([]);
    await other.close();
  });
});
