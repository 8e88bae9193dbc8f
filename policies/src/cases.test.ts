import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { diagnosticCodes, warningCodes } from "./diagnostic-codes.ts";
import { loadHost, printDiagnostic } from "./load.ts";
import { loadInvariants } from "./prove/load-invariants.ts";

/** A file's text, a value to write as YAML, or null to take the file away. */
type CaseFiles = Readonly<Record<string, unknown>>;
type Cases = Readonly<Record<string, { readonly files: CaseFiles; readonly expect: readonly string[] }>>;

const valid: CaseFiles = {
  "host.yaml": { name: "Cases", permit: { project: "default", environment: "cases" }, admins: ["admin@example.com"] },
  "grants.yaml": { grants: [{ server: "issues", human: "dev@example.com", ceiling: "high" }] },
  "servers/issues.yaml": {
    name: "Issues",
    description: "An issue tracker.",
    url: "https://issues.example.com/mcp",
    tools: { list_issues: { trust: "low" } },
  },
};

const casesFolder = join(import.meta.dirname, "cases");
const tables = readdirSync(casesFolder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => [name, parse(readFileSync(join(casesFolder, name), "utf8")) as Cases] as const);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policies-cases-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function findingsOf(files: CaseFiles): readonly string[] {
  const root = mkdtempSync(join(folder, "case-"));
  const dir = join(root, "hosts/cases");
  for (const [name, content] of Object.entries({ ...valid, ...files })) {
    if (content === null) continue;
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), typeof content === "string" ? content : stringify(content));
  }
  const shown = (line: string) => line.replaceAll(`${dir}/`, "").replaceAll(root, "../..");
  const result = loadHost(dir, "2026-11-24");
  const loaded = result.ok ? [{ host: result.host, groups: [...result.lines.groups.keys()] }] : [];
  const invariants = loadInvariants(join(root, "invariants.yaml"), { keys: ["cases", "other"], loaded });
  const found = [...(invariants?.findings ?? []), ...result.diagnostics];
  return found.map((finding) => shown(printDiagnostic(finding)));
}

describe.each(tables)("cases/%s", (_, table) => {
  test.each(Object.entries(table))("%s", (_name, { files, expect: expected }) => {
    expect(findingsOf(files)).toEqual(expected);
  });
});

test("the host that the cases change has no findings", () => {
  expect(findingsOf({})).toEqual([]);
});

test("every code has a case, but for those that no text can make", () => {
  const shown = new Set(
    tables.flatMap(([, table]) => Object.values(table).flatMap((one) => one.expect.map((text) => text.split(" ")[1]))),
  );
  const without = Object.keys({ ...diagnosticCodes, ...warningCodes }).filter((code) => !shown.has(`${code}:`));
  // In load.test.ts, where links, bytes and folder names can be made; in cli/check.test.ts, which has two hosts.
  expect(without).toEqual(["file-link", "file-unreadable", "host-key-form", "environment-unique"]);
});
