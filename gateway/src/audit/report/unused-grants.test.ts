import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decide, type TrustLevel, trustLevels } from "@permit-mcp-gateway/policies";
import { loadHost } from "@permit-mcp-gateway/policies/load";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { policyChange } from "./grant-edits.ts";
import type { ServerUse } from "./tally-calls.ts";
import { unusedGrants } from "./unused-grants.ts";

const demo = join(import.meta.dirname, "../../../../policies/hosts/demo");
const on = "2026-08-03";
let root: string;
let folder: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "unused-grants-"));
});
beforeEach(() => {
  folder = join(mkdtempSync(join(root, "host-")), "demo");
  cpSync(demo, folder, { recursive: true });
  rmSync(join(folder, "tests"), { recursive: true });
});
afterAll(() => rmSync(root, { recursive: true }));

function load() {
  const loaded = loadHost(folder);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded;
}

const used = (human: string, server: string, trust?: TrustLevel, methods: readonly string[] = []): ServerUse => ({
  ...{ human: `${human}@example.com`, server, trust },
  methods: new Set(methods),
});

function changeOf(uses: readonly ServerUse[]) {
  const { host, lines } = load();
  const unused = unusedGrants(host, uses, on);
  return { unused, change: policyChange(lines.grantsFile, readFileSync(lines.grantsFile, "utf8"), unused) };
}

/** Applies the change as a reader would. */
function apply(diff: string): void {
  const file = join(folder, "grants.yaml");
  execFileSync("git", ["apply", "--unidiff-zero", "-"], {
    cwd: folder,
    input: `${diff.replaceAll(`--- ${file}`, "--- a/grants.yaml").replaceAll(`+++ ${file}`, "+++ b/grants.yaml")}\n`,
    env: { PATH: process.env.PATH, GIT_CEILING_DIRECTORIES: root },
  });
}

const ceilings = () =>
  load().host.grants.map(({ human, server, ceiling }) => `${human.split("@")[0]} ${server} ${ceiling}`);

describe("unused grants", () => {
  test("a grant that nobody used is removed, one that was used less is lowered, one that was used up stays", () => {
    const { change } = changeOf([
      used("lead", "issues", "high"),
      used("developer", "issues", "low"),
      used("developer", "everything", "low"),
      used("lead", "everything", "medium"),
    ]);
    const lines = readFileSync(join(folder, "grants.yaml"), "utf8").split("\n");
    const at = lines.findIndex((line) => line.includes("developer@example.com, ceiling"));
    expect(change?.diff.split("\n").slice(2)).toEqual([
      `@@ -${at + 1} +${at + 1} @@`,
      "-  - { server: issues, human: developer@example.com, ceiling: medium }",
      "+  - { server: issues, human: developer@example.com, ceiling: low }",
      `@@ -${at + 2} +${at + 1},0 @@`,
      "-  - { server: issues, human: contractor@example.com, ceiling: low }",
    ]);
    apply(change?.diff ?? "");
    expect(ceilings()).toEqual([
      "developer everything low",
      "lead everything medium",
      "developer issues low",
      "lead issues high",
    ]);
  });

  test("a group's grant stays as long as one member used it, and says who", () => {
    writeFileSync(
      join(folder, "grants.yaml"),
      "groups:\n  engineering: [lead@example.com, developer@example.com]\ngrants:\n  - server: issues\n    group: engineering\n    ceiling: high\n",
    );
    const { unused, change } = changeOf([used("lead", "issues", "high")]);
    expect(unused).toMatchObject([
      { human: "developer@example.com", used: undefined, line: { needed: "high", neededBy: ["lead@example.com"] } },
    ]);
    expect(change).toBeUndefined();
  });

  test("a group's grant is lowered to what the member used who used most", () => {
    writeFileSync(
      join(folder, "grants.yaml"),
      "groups:\n  engineering: [lead@example.com, developer@example.com]\ngrants:\n  - server: issues\n    group: engineering\n    # Reviewed once a year.\n    ceiling: 'high'\n",
    );
    const { change } = changeOf([used("lead", "issues", "low"), used("developer", "issues", "medium")]);
    expect(change?.diff).toMatch(/\n@@ -7 \+7 @@\n- {4}ceiling: 'high'\n\+ {4}ceiling: 'medium'$/);
    apply(change?.diff ?? "");
    expect(ceilings()).toEqual(["developer issues medium", "lead issues medium"]);
  });

  test("an entry of several lines is taken out as a whole, with what stands in it", () => {
    writeFileSync(
      join(folder, "grants.yaml"),
      `groups: {}
grants:
  - server: issues
    human: lead@example.com
    ceiling: high
  # Of the contractor.
  -
    human: contractor@example.com
    ceiling: low # for now

    # Until the end of the project.
    until: 2099-12-31
    server: issues
  - { server: everything, human: lead@example.com, ceiling: low }
`,
    );
    const { change } = changeOf([used("lead", "issues", "high"), used("lead", "everything", "low")]);
    apply(change?.diff ?? "");
    expect(change?.byHand).toEqual([]);
    expect(ceilings()).toEqual(["lead everything low", "lead issues high"]);
  });

  test("what shares its line with others is left to a person", () => {
    writeFileSync(
      join(folder, "grants.yaml"),
      "groups: {}\ngrants: [{ server: issues, human: lead@example.com, ceiling: high }, { server: everything, human: lead@example.com, ceiling: low }]\n",
    );
    const { change } = changeOf([used("lead", "issues", "medium")]);
    expect(change?.byHand).toMatchObject([{ server: "everything", needed: undefined }]);
    apply(change?.diff ?? "");
    expect(ceilings()).toEqual(["lead everything low", "lead issues medium"]);
  });

  test("a request for something else than a tool is a use of the level that opens it", () => {
    const { unused } = changeOf([
      used("lead", "issues", undefined, ["resources/read"]),
      used("contractor", "issues", undefined, ["notifications/initialized"]),
    ]);
    expect(unused.filter(({ server }) => server === "issues")).toMatchObject([
      { human: "developer@example.com", used: undefined },
      { human: "lead@example.com", used: "low" },
    ]);
  });

  test("whatever was used, the change takes it from nobody", () => {
    const { host } = load();
    const pairs = host.grants.map(({ human, server, ceiling }) => ({ human, server, ceiling }));
    const use = fc.constantFrom(undefined, ...trustLevels);
    const original = readFileSync(join(folder, "grants.yaml"), "utf8");
    fc.assert(
      fc.property(fc.tuple(...pairs.map(() => use)), (levels) => {
        writeFileSync(join(folder, "grants.yaml"), original);
        const calls = pairs.flatMap(({ human, server }, index) => {
          const tools = host.servers.find(({ key }) => key === server)?.tools ?? [];
          const tool = tools.find(({ trust, enabled }) => enabled && trust === levels[index]);
          const consent = "high" as const;
          return tool === undefined ? [] : [{ human, server, tool: tool.name, trust: tool.trust, consent, on }];
        });
        const allowed = calls.filter((call) => decide(host, call).allow);
        const uses = allowed.map(
          ({ human, server, trust }): ServerUse => ({ human, server, trust, methods: new Set() }),
        );
        const { change } = changeOf(uses);
        if (change !== undefined) apply(change.diff);
        // A host without any grant does not load: then nothing was used.
        if (allowed.length === 0) return;
        const after = load().host;
        expect(allowed.map((call) => decide(after, call).allow)).toEqual(allowed.map(() => true));
      }),
      { numRuns: 40 },
    );
  });
});
