import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captureProgram } from "@permit-mcp-gateway/policies/cli/run-program";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFileAuditSigner } from "../../src/adapters/audit-signer-file.ts";
import type { Database } from "../../src/adapters/database.ts";
import { auditColumns } from "../../src/audit/query-columns.ts";
import { csvField } from "../../src/audit/query-text.ts";
import type { AuditSigner } from "../../src/deps/audit-signer.ts";
import { testDatabases } from "../../src/oauth/testing/test-databases.ts";
import { clearAudit, refusedCall, storedLines } from "../../testing/audit-fixture.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { hostileName, julyRecords, writeRecords } from "./testing/filled-log.ts";
import { runOn } from "./testing/log-program.ts";
import { verify } from "./verify.ts";

/** Reads CSV as RFC 4180 says, so that a mistake of the writer's is none of the reader's. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\r\n") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

let folder: string;
let database: Database;
let signer: AuditSigner;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "audit-export-"));
  signer = await createFileAuditSigner(at("audit.key"));
  database = await openMemoryDatabase();
  await writeRecords(database, julyRecords(), { signer });
  await writeRecords(
    database,
    julyRecords()
      .slice(0, 1)
      .map((record) => ({ ...record, id: record.id.replace(/^0/, "1") })),
    {
      replica: "r2",
      signer,
    },
  );
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => runOn(database, ["export", ...args], { signer });
const jsonLines = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, string | number | null>);

describe("export --format jsonl", () => {
  test("has every record by time, each with all columns", async () => {
    const { status, stdout, stderr } = await run();
    const records = jsonLines(stdout);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(records).toHaveLength((await storedLines(database)).length);
    expect([...new Set(records.map((record) => Object.keys(record).join()))]).toEqual([auditColumns.join()]);
    const times = records.map(({ time }) => String(time));
    expect(times).toEqual(times.toSorted());
  });

  test("has a record that this version does not write by the database's columns, and says so", async () => {
    const other = await openMemoryDatabase();
    await writeRecords(other, [refusedCall("get_issue", new Date("2026-07-01T00:00:00Z"))], { ends: false });
    await other.kysely.updateTable("gateway_audit").set({ line: "{}" }).where("tool", "=", "get_issue").execute();
    const { status, stdout, stderr } = await runOn(other, ["export"]);
    await other.close();
    expect(status).toBe(0);
    expect(jsonLines(stdout)[1]).toMatchObject({
      event: "tool_call",
      tool: "get_issue",
      code: "NO_GRANT",
      reason: null,
    });
    expect(stderr).toMatch(/^1 of the records are of another form/);
  });
});

describe("export --format csv", () => {
  test("has the same columns and values, and no cell that is a formula", async () => {
    const { status, stdout } = await run("--format", "csv");
    const [head, ...rows] = parseCsv(stdout);
    expect(status).toBe(0);
    expect(head).toEqual(auditColumns);
    expect(new Set(rows.map(({ length }) => length))).toEqual(new Set([auditColumns.length]));
    const json = jsonLines((await run()).stdout);
    const cells = json.map((record) => auditColumns.map((name) => String(record[name] ?? "")));
    expect(rows).toEqual(cells.map((row) => row.map((cell) => (cell.startsWith("=") ? `'${cell}` : cell))));
    expect(rows.flat()).toContain(`'${hostileName}`);
    expect(rows.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
  });

  test.each([
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\tx", "'\tx"],
    ["\rx", `"'\rx"`],
    ["a,b", '"a,b"'],
    ['say "no"', '"say ""no"""'],
    ["two\nlines", '"two\nlines"'],
    [-1, "-1"],
    [null, ""],
    ["plain", "plain"],
  ])("writes %j as %j", (value, expected) => {
    expect(csvField(value)).toBe(expected);
  });
});

describe("export --format ocsf", () => {
  const verifyFile = (file: string, ...options: string[]) =>
    captureProgram(["verify", at(file), "--key", at("audit.key"), ...options], {
      start: "npm run audit --",
      commands: [verify],
    });

  test("has the lines byte for byte, chain by chain, and a seal that verifies", async () => {
    expect((await run("--format", "ocsf", "--output", at("all.jsonl"))).status).toBe(0);
    const lines = readFileSync(at("all.jsonl"), "utf8").split("\n").slice(0, -1);
    const stored = await storedLines(database);
    const byChain = Map.groupBy(stored, ({ chain }) => chain);
    const chains = [...byChain.values()].toSorted((a, b) => Number(a[0]?.time) - Number(b[0]?.time));
    expect(lines.slice(0, -1).toSorted()).toEqual(stored.map(({ line }) => line).toSorted());
    for (const chain of chains) {
      const first = lines.indexOf(chain[0]?.line ?? "");
      expect(lines.slice(first, first + chain.length)).toEqual(chain.map(({ line }) => line));
    }
    expect(Object.keys(JSON.parse(lines.at(-1) ?? ""))).toEqual(["seal"]);
    expect(await verifyFile("all.jsonl")).toMatchObject({ status: 0, stderr: "" });
  });

  test("of a period is sealed too: a line that is taken out is found", async () => {
    await run("--format", "ocsf", "--from", "2026-07-05", "--to", "2026-07-10", "--output", at("part.jsonl"));
    expect(await verifyFile("part.jsonl")).toMatchObject({ status: 0 });
    const lines = readFileSync(at("part.jsonl"), "utf8").split("\n");
    writeFileSync(at("cut.jsonl"), lines.toSpliced(-3, 1).join("\n"));
    expect(await verifyFile("cut.jsonl")).toMatchObject({ status: 1 });
  });

  test("with a filter has no seal, and says that it proves nothing", async () => {
    const { stdout, stderr } = await run("--format", "ocsf", "--decision", "deny");
    expect(stdout).not.toContain('{"seal":');
    expect(stderr).toMatch(/^With a filter an export has parts of chains only/);
  });

  test("without a key has no seal, and says so", async () => {
    const { stdout, stderr } = await runOn(database, ["export", "--format", "ocsf"]);
    expect(stdout).not.toContain('{"seal":');
    expect(stderr).toMatch(/^The export has no closing line: there is no key/);
  });
});

describe("export --output", () => {
  test("makes a file for its owner only, and writes over nothing, nor through a link", async () => {
    expect(await run("--output", at("new.jsonl"))).toMatchObject({ status: 0, stdout: "" });
    expect(statSync(at("new.jsonl")).mode & 0o777).toBe(0o600);
    const before = readFileSync(at("new.jsonl"), "utf8");
    const again = await run("--output", at("new.jsonl"));
    expect(again.status).toBe(2);
    expect(again.stderr).toContain("new.jsonl is there already, and nothing is written over it.");
    expect(readFileSync(at("new.jsonl"), "utf8")).toBe(before);
    symlinkSync(at("elsewhere"), at("link"));
    expect((await run("--output", at("link"))).status).toBe(2);
    expect(existsSync(at("elsewhere"))).toBe(false);
  });

  test("takes the file away again when the export fails in the middle", async () => {
    const other = await openMemoryDatabase();
    await writeRecords(other, [refusedCall("get_issue")], { ends: false });
    const failing: AuditSigner = {
      kid: "none",
      sign: () => Promise.reject(new Error("The key service does not answer.")),
      close: () => undefined,
    };
    const before = readdirSync(folder);
    const exported = runOn(other, ["export", "--format", "ocsf", "--output", at("half.jsonl")], { signer: failing });
    await expect(exported).rejects.toThrow("The key service does not answer.");
    await other.close();
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe.each(testDatabases)("many records in $name", ({ open }) => {
  test("are read in pages, each once and none left out", async () => {
    const { database: many } = await open();
    const records = Array.from({ length: 1_201 }, (_, index) =>
      refusedCall(`tool_${index}`, new Date(1_782_900_000_000 + index)),
    );
    await writeRecords(many, records, { ends: false });
    const flat = jsonLines((await runOn(many, ["export"])).stdout);
    const newest = jsonLines((await runOn(many, ["query", "--limit", "1101", "--format", "jsonl"])).stdout);
    const ocsf = (await runOn(many, ["export", "--format", "ocsf"])).stdout.split("\n").slice(0, -1);
    const stored = (await storedLines(many)).map(({ line }) => line);
    await clearAudit(many);
    await many.close();
    const names = records.map((_, index) => `tool_${index}`);
    expect(flat.slice(1).map(({ tool }) => tool)).toEqual(names);
    expect(newest.map(({ tool }) => tool)).toEqual(names.slice(-1_101));
    expect(ocsf).toEqual(stored);
  });
});
