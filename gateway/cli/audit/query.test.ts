import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captureProgram } from "@permit-mcp-gateway/policies/cli/run-program";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lockDataFolder } from "../../src/adapters/database-lock.ts";
import { testDatabases } from "../../src/oauth/testing/test-databases.ts";
import { queryCommand } from "./query.ts";
import { openGatewayDatabase } from "./read-database.ts";
import { deniedCall, hostileName, july, julyRecords, madeCall, writeRecords } from "./testing/filled-log.ts";
import { runOn } from "./testing/log-program.ts";

describe.each(testDatabases)("query of a log in $name", ({ open }) => {
  let kept: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    kept = await open();
    await writeRecords(kept.database, julyRecords());
    const arguments_ = {
      digest: "d".repeat(64),
      shown: { fake: `"app_name":"Example Spy"`, why: "The human denied." },
    };
    await writeRecords(
      kept.database,
      [
        ...madeCall({
          human: "contractor",
          now: july(20),
          asked: { tool: "get_issue", trust: "low", arguments: arguments_ },
        }),
        // A second time of the same milliseconds as in the first chain.
        deniedCall({ human: "contractor", now: july(9), asked: { tool: "delete_issue", trust: "high" } }, "NO_GRANT"),
      ].toSorted((a, b) => (a.time < b.time ? -1 : 1)),
      { replica: "r2", ends: false },
    );
  });
  afterAll(() => kept.database.close());

  const run = (...args: string[]) => runOn(kept.database, ["query", ...args]);
  const found = async (...args: string[]) => {
    const { status, stdout, stderr } = await run(...args, "--format", "jsonl");
    expect({ status, stderr }).toEqual({ status: 0, stderr: stdout === "" ? "No record is like that.\n" : "" });
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, string | number | null>);
  };
  const events = async (...args: string[]) => (await found(...args)).map(({ event, time }) => `${time} ${event}`);
  const column = async (name: string, ...args: string[]) => [
    ...new Set((await found(...args)).map((row) => row[name])),
  ];

  test("lists decisions of all chains by time, the newest last, without results and checkpoints", async () => {
    const times = (await found()).map(({ time }) => String(time));
    expect(times).toEqual(times.toSorted());
    expect(await column("replica")).toEqual(["r1", "r2"]);
    expect(await column("event")).not.toContain("call_result");
    expect(await column("event", "--event", "call_result")).toEqual(["call_result"]);
    expect(await column("event", "--code", "ANSWERED")).toEqual(["call_result"]);
  });

  test.each([
    [["--human", "Developer@Example.com"], "human", ["developer@example.com"]],
    [["--agent", "client-lead"], "agent_id", ["client-lead"]],
    [["--agent", hostileName], "agent_name", [hostileName]],
    [["--server", "everything"], "server", ["everything"]],
    [["--tool", hostileName], "tool", [hostileName]],
    [["--event", "consent"], "event", ["consent"]],
    [["--decision", "deny"], "decision", ["deny"]],
    [["--code", "NO_GRANT"], "code", ["NO_GRANT"]],
    [["--reason", "trust ceiling"], "reason", ["The tool is above the trust ceiling."]],
    [["--from", "2026-08-01"], "time", ["2026-08-02T00:00:00.000Z"]],
    [["--to", "2026-07-01T03:00:00+02:00"], "time", []],
    [["--to", "2026-07-01T03:00:00.001+02:00"], "time", ["2026-07-01T01:00:00.000Z"]],
  ])("%j finds what it says", async (args, name, expected) => {
    expect(await column(name, ...args)).toEqual(expected);
  });

  test("a name or a reason in the arguments of a call is neither", async () => {
    expect(await found("--agent", "Example Spy")).toEqual([]);
    expect(await found("--reason", "The human denied.")).toEqual([]);
    expect(await found("--human", "contractor@example.com", "--event", "tool_call")).toHaveLength(2);
    // A text that SQL takes for a pattern or for its own is a text.
    expect(await found("--reason", "%")).toEqual([]);
    expect(await found("--server", "x' or '1'='1")).toEqual([]);
  });

  test("--limit keeps the newest of all chains", async () => {
    expect(await events("--limit", "2", "--to", "2026-08-01")).toEqual([
      "2026-07-13T09:00:00.000Z consent_ended",
      "2026-07-20T09:00:00.000Z tool_call",
    ]);
  });

  test("--with-results says what became of a call, in its line", async () => {
    const [failed] = await found(
      "--with-results",
      "--human",
      "developer@example.com",
      "--server",
      "issues",
      "--event",
      "tool_call",
    );
    expect(failed).toMatchObject({ decision: "allow", code: "ALLOWED", outcome: "failed", upstream_status: 503 });
    const { stdout } = await run("--with-results", "--human", "developer@example.com", "--event", "tool_call");
    expect(stdout.split("\n")[0]).toMatch(
      /^2026-07-04T09:00:00\.000Z {2}allow {2}developer@example\.com via Example Editor \[client-developer\] {2}issues\/get_issue /,
    );
    expect(stdout.split("\n")[0]).toMatch(/ALLOWED +Permit allows the call\. \(failed, status 503, 35 ms\)$/);
  });

  test("what turns text around or moves the cursor is written out", async () => {
    const text = await run("--agent", hostileName);
    expect(text.stdout).toContain("\\u{202e}https");
    const json = await run("--agent", hostileName, "--format", "jsonl");
    expect(json.stdout).toContain("\\u202ehttps");
    expect(text.stdout + json.stdout).not.toContain("\u202E");
  });

  test.each([
    [["--from", "2026-13-01"], "--from is a day such as 2026-07-01"],
    [["--to", "yesterday"], "--to is a day such as 2026-07-01"],
    [["--to", "2026-07-01T09:30:00"], "--to is a day such as 2026-07-01"],
    [["--from", "2026-07-02", "--to", "2026-07-02"], "--from must be before --to."],
    [["--event", "toolcall"], "--event is one of tool_call, "],
    [["--decision", "maybe"], "--decision is one of allow, deny, not"],
    [["--limit", "0"], "--limit is a number from 1 to 10000."],
    [["--format", "csv"], "--format is one of text, jsonl, not"],
  ])("%j is used wrongly", async (args, message) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("nothing found is no failure", async () => {
    expect(await run("--human", "bob@example.com")).toEqual({
      status: 0,
      stdout: "",
      stderr: "No record is like that.\n",
    });
  });
});

describe("a database that can't be used", () => {
  const folder = mkdtempSync(join(tmpdir(), "audit-query-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("a data folder that a gateway has is said in its words, without more", async () => {
    const release = lockDataFolder(folder);
    const command = queryCommand(() => openGatewayDatabase({ DATA_DIR: folder }));
    const run = await captureProgram(["query"], { start: "npm run audit --", commands: [command] });
    release();
    expect(run).toMatchObject({ status: 2, stdout: "" });
    expect(run.stderr).toMatch(/^The data folder .* is used by another gateway \(process \d+\)\. End that one, .*\n$/);
  });
});
