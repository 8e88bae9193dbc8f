import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { toolDigest } from "../src/lock.ts";
import { type HostValues, writeHost } from "../src/testing/host-values.ts";
import { policiesProject, runPolicy } from "./testing/run-policy.ts";

let folder: string;
let policies: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policies-prove-cli-"));
});
beforeEach(() => {
  policies = mkdtempSync(join(folder, "policies-"));
  mkdirSync(join(policies, "hosts"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs `prove` on the copy, with its folder taken out of what is printed. */
async function run(...args: readonly string[]) {
  const { status, stdout, stderr } = await runPolicy(["prove", "--policies", join(policies, "hosts"), ...args]);
  return { status, stdout: stdout.replaceAll(`${policies}/`, ""), stderr };
}
const copyDemo = () => {
  cpSync(join(policiesProject, "hosts/demo"), join(policies, "hosts/demo"), { recursive: true });
  cpSync(join(policiesProject, "invariants.yaml"), join(policies, "invariants.yaml"));
};
function edit(file: string, from: string, to: string) {
  const path = join(policies, file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(path, text.replace(from, to));
}

describe("prove", () => {
  test("shows that everything holds of the project's own hosts", async () => {
    const { status, stdout, stderr } = await runPolicy(["prove"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("  ✓ Only engineering reaches a tool that destroys\n");
    // 4 humans, 3 levels, 25 tools.
    expect(stdout).toMatch(/\n1 host, 300 decisions, 9 laws, all hold\n$/);
  });

  test("shows the smallest example against an invariant, with every link's line", async () => {
    copyDemo();
    edit(
      "hosts/demo/grants.yaml",
      "human: contractor@example.com, ceiling: low",
      "human: contractor@example.com, ceiling: high",
    );
    const { status, stdout } = await run();
    expect(status).toBe(1);
    const day = new Date().toISOString().slice(0, 10);
    expect(stdout).toContain(
      `  ✗ Only engineering reaches a tool that destroys  invariants.yaml:5:5
      contractor@example.com can call delete_issue of issues (trust high)
        contractor@example.com, issues, delete_issue, consent high, on ${day}
        human     contractor@example.com has a grant of their own `,
    );
    expect(stdout).toContain("hosts/demo/grants.yaml:15:63\n");
    expect(stdout).toContain("      and 1 more answer like it\n");
    expect(stdout).toContain("  ✗ At most one human destroys issues and projects  invariants.yaml:");
    expect(stdout).toContain("2 humans can call these tools, lead@example.com is one too many of 1\n");
    expect(stdout).toMatch(/9 laws, 2 violated\n$/);
  });

  test("prints one JSON object with --json", async () => {
    copyDemo();
    edit("invariants.yaml", "humansMax: 1", "humansMax: 0");
    const { status, stdout } = await run("--json");
    expect(status).toBe(1);
    const { ok, hosts } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(hosts).toMatchObject([{ key: "demo", decisions: 300, laws: { length: 9 } }]);
    expect(hosts[0].laws.filter(({ holds }: { holds: boolean }) => !holds)).toMatchObject([
      {
        name: "At most one human destroys issues and projects",
        source: { file: "invariants.yaml", column: 5 },
        violations: 1,
        counterExample: { explanation: { query: { human: "lead@example.com", consent: "high" } } },
      },
    ]);
  });

  test("is not content with findings in the invariants, nor with a host that has an error", async () => {
    copyDemo();
    edit("invariants.yaml", "outside: [engineering]", "outside: [enginering]");
    const misspelt = await run();
    expect(misspelt.status).toBe(1);
    expect(misspelt.stdout).toContain(
      'invariant-known: No host that this is about has the group "enginering". (did you mean "engineering"?)',
    );
    writeFileSync(join(policies, "hosts/demo/host.yaml"), "name: Demo\n");
    const broken = await run();
    expect(broken.status).toBe(1);
    expect(broken.stdout).toContain("hosts/demo/host.yaml:1:1 field-missing");
    expect(broken.stdout).not.toContain("✓");
  });

  test("does not follow a link to invariants, and lets no name write to the terminal", async () => {
    copyDemo();
    const file = join(policies, "invariants.yaml");
    cpSync(file, join(policies, "elsewhere.yaml"));
    rmSync(file);
    symlinkSync(join(policies, "elsewhere.yaml"), file);
    expect(await run()).toMatchObject({ status: 1, stdout: expect.stringContaining("invariants.yaml:1:1 file-link:") });
    rmSync(file);
    writeFileSync(file, 'invariants:\n  - { name: "A\\e[2Jb", demand: { reached: never } }\n');
    const { status, stdout } = await run();
    expect(status).toBe(1);
    expect(stdout).toContain("text-invisible");
    expect(/[^\n\P{Cc}]/u.test(stdout)).toBe(false);
  });

  test("says that there are no invariants, and finds them where --invariants says", async () => {
    copyDemo();
    rmSync(join(policies, "invariants.yaml"));
    const without = await run();
    expect(without).toMatchObject({ status: 0, stderr: "" });
    expect(without.stdout).toContain("invariants.yaml: not there, so only what always holds was shown.\n");
    expect(without.stdout).toContain("6 laws, all hold\n");
    const other = join(policies, "other.yaml");
    writeFileSync(other, "invariants:\n  - { name: Nothing is called, demand: { humansMax: 0 } }\n");
    expect(await run("--invariants", other)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("✗ Nothing is called  other.yaml:2:5"),
    });
    const nowhere = await run("--invariants", join(policies, "nowhere.yaml"));
    expect(nowhere).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("There is no file") });
  });
});

describe("each demand", () => {
  const definition = (annotations: Record<string, boolean>) => {
    const said = { inputSchema: {}, annotations };
    return { ...said, digest: toolDigest("purge", said) };
  };
  const values: HostValues = {
    host: {
      name: "Values",
      permit: { project: "default", environment: "values" },
      admins: ["admin@example.com"],
      approvers: ["admin@example.com"],
      approval: { bypass: [{ client: "desk", human: "ann@example.com" }] },
    },
    grants: {
      groups: { staff: ["ann@example.com", "ben@example.com"], guests: ["cem@example.com"] },
      grants: [
        { server: "issues", group: "staff", ceiling: "high" },
        { server: "issues", group: "guests", ceiling: "medium", until: "2099-06-30", consentDays: 7 },
        { server: "issues", human: "cem@example.com", ceiling: "low" },
      ],
    },
    servers: {
      issues: {
        name: "Issues",
        description: "Issues.",
        url: "https://issues.example.com/mcp",
        tools: {
          list: { trust: "low" },
          create: { trust: "medium" },
          purge: { trust: "medium", approval: true },
          drop: { trust: "high", approval: true },
          off: { trust: "high", enabled: false },
        },
      },
    },
    locks: { issues: { version: 1, tools: { purge: definition({ readOnlyHint: false, destructiveHint: true }) } } },
  };

  /** What is said against an invariant; `holds` when nothing is. */
  async function against(invariant: object): Promise<string> {
    writeHost(values, join(policies, "hosts/values"));
    writeFileSync(join(policies, "invariants.yaml"), JSON.stringify({ invariants: [{ name: "It", ...invariant }] }));
    const { hosts, diagnostics } = JSON.parse((await run("--json")).stdout);
    expect(diagnostics).toEqual([]);
    const law = hosts[0].laws.find(({ name }: { name: string }) => name === "It");
    if (law.holds) return law.asked > 0 ? "holds" : "holds of nothing";
    const { consent, on, client } = law.counterExample.explanation.query;
    return `${law.counterExample.text}; ${consent}${on > "2099" ? `, ${on}` : ""}${client === undefined ? "" : `, ${client}`}`;
  }

  test.each([
    [{ tools: { names: ["drop"] }, humans: { groups: ["guests"] }, demand: { reached: "never" } }, "holds"],
    [{ tools: { trust: ["high"] }, humans: { outside: ["staff"] }, demand: { reached: "never" } }, "holds"],
    [{ tools: { names: ["off"] }, demand: { reached: "never" } }, "holds of nothing"],
    [
      { tools: { names: ["c*"] }, humans: { addresses: ["CEM@example.com"] }, demand: { reached: "never" } },
      "cem@example.com can call create of issues (trust medium); medium",
    ],
    [{ tools: { trust: ["high"] }, demand: { approval: "unless-bypassed" } }, "holds"],
    [
      { tools: { trust: ["high"] }, demand: { approval: "always" } },
      "the agent desk of ann@example.com can call drop of issues (trust high) without an approval; high, desk",
    ],
    [
      { tools: { trust: ["high"] }, humans: { addresses: ["ben@example.com"] }, demand: { approval: "always" } },
      "holds",
    ],
    [
      { tools: { trust: ["medium", "high"] }, demand: { approval: "unless-bypassed" } },
      "ann@example.com can call create of issues (trust medium) without an approval; medium",
    ],
    [{ tools: { names: ["purge"], annotations: { destructiveHint: true } }, demand: { humansMax: 3 } }, "holds"],
    [
      { tools: { names: ["purge"], annotations: { destructiveHint: false } }, demand: { humansMax: 0 } },
      "holds of nothing",
    ],
    // Without a lock a tool counts as destructive, as MCP has it.
    [
      { tools: { names: ["create"], annotations: { destructiveHint: true } }, demand: { humansMax: 2 } },
      "3 humans can call these tools, cem@example.com is one too many of 2; medium",
    ],
    [
      {
        humans: { groups: ["guests"] },
        tools: { trust: ["medium"] },
        demand: { until: "required", consentDaysMax: 7 },
      },
      "holds",
    ],
    // From the day on which the group's grant has ended, the other one holds.
    [
      { humans: { groups: ["guests"] }, demand: { until: "required" } },
      "the grant by which cem@example.com can call list of issues (trust low) has no end; low, 2099-07-01",
    ],
    [
      { humans: { groups: ["guests"] }, demand: { consentDaysMax: 7 } },
      "a consent with which cem@example.com can call list of issues (trust low) lives 90 days; low, 2099-07-01",
    ],
    [{ hosts: ["values"], tools: { servers: ["issues"] }, demand: { humansMax: 3, consentDaysMax: 90 } }, "holds"],
  ])("%j: %s", async (invariant, said) => {
    expect(await against(invariant)).toBe(said);
  });
});
