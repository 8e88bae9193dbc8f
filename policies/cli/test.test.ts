import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { copiedHosts } from "./testing/copied-hosts.ts";
import { runPolicy } from "./testing/run-policy.ts";

const copy = copiedHosts();

/** Runs `test` on the copy, with its folder taken out of what is printed. */
async function run(...args: readonly string[]) {
  const { status, stdout, stderr } = await runPolicy(["test", "--policies", copy.hosts, ...args]);
  return { status, stdout: stdout.replaceAll(copy.hosts, "HOSTS"), stderr };
}
const writeTests = (text: string) => writeFileSync(join(copy.hosts, "demo/tests/issues.test.yaml"), text);

describe("test", () => {
  test("passes the project's own hosts", async () => {
    const { status, stdout, stderr } = await run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("  ✓ The contractor reads, and no consent opens more (6 answers)\n");
    expect(stdout).toMatch(/\n\d+ tests, \d+ answers, (\d+) passed, 0 failed\n$/);
  });

  test("fails when the policy changes, with the chain of each wrong answer", async () => {
    copy.edit(
      "grants.yaml",
      "human: contractor@example.com, ceiling: low",
      "human: contractor@example.com, ceiling: medium",
    );
    const { status, stdout } = await run();
    expect(status).toBe(1);
    expect(stdout).toContain(
      `  ✗ The contractor reads, and no consent opens more (6 answers)  HOSTS/demo/tests/issues.test.yaml:5:5
      create_issue: contractor@example.com can call it at once; the test says: cannot call it  HOSTS/demo/tests/issues.test.yaml:10:14
        human     contractor@example.com has a grant of their own   HOSTS/demo/grants.yaml:15:63
        grant     ceiling medium for contractor@example.com: holds  HOSTS/demo/grants.yaml:15:63
        tool      create_issue has trust medium                     HOSTS/demo/servers/issues.yaml:13:3
        consent   min(ceiling medium, consent high) = medium, which reaches trust medium
        approval  no line asks for an approval
`,
    );
    expect(stdout).toMatch(/, 8 passed, 1 failed\n$/);
  });

  test("asks each member of a group, and on the day that the test names", async () => {
    copy.edit("grants.yaml", "group: engineering, ceiling: low", "group: engineering, ceiling: low, until: 2030-06-30");
    writeTests(`tests:
  - { group: engineering, server: everything, consent: low, on: 2030-06-30, can: [echo] }
  - { group: engineering, server: everything, consent: low, on: 2030-07-01, can: [echo] }
  - { human: developer@example.com, server: everything, consent: low, on: 2030-07-01, cannot: [echo] }
`);
    const { status, stdout } = await run();
    expect(status).toBe(1);
    expect(stdout).toContain("  ✓ group engineering, everything, consent low on 2030-06-30 (2 answers)\n");
    expect(stdout).toContain("  ✗ group engineering, everything, consent low on 2030-07-01 (2 answers)");
    expect(stdout).toContain("echo: developer@example.com cannot call it; the test says: can call it at once");
    expect(stdout).toContain("ceiling low for the group engineering until 2030-06-30: has ended");
    expect(stdout).not.toContain("echo: lead@example.com");
    expect(stdout).toContain("  ✓ developer@example.com, everything, consent low on 2030-07-01 (1 answer)\n");
  });

  test("tells a call that waits from one that doesn't", async () => {
    copy.edit("servers/issues.yaml", "delete_issue: { trust: high }", "delete_issue: { trust: high, approval: true }");
    copy.edit(
      "host.yaml",
      "admins:",
      "approval: { bypass: [{ client: ci }] }\napprovers: [admin@example.com]\nadmins:",
    );
    const question = "human: lead@example.com, server: issues, consent: high";
    writeTests(`tests:
  - { ${question}, can: [delete_project], canWithApproval: [delete_issue], cannot: [] }
  - { ${question}, client: ci, can: [delete_issue] }
  - { ${question}, client: other, canWithApproval: [delete_issue] }
  - { human: developer@example.com, server: issues, consent: high, cannot: [delete_issue] }
  - { ${question}, can: [delete_issue] }
`);
    const { status, stdout } = await run();
    expect(status).toBe(1);
    expect(stdout).toContain(
      "delete_issue: lead@example.com can call it, with an approval; the test says: can call it at once",
    );
    expect(stdout).toContain("the call waits for an approval: the tool says so");
    expect(stdout).toMatch(/, 7 passed, 1 failed\n$/);
  });

  test("refuses a file that would pass for the wrong reason, and says which", async () => {
    writeTests(
      "tests:\n  - { human: lead@example.com, server: issues, consent: low, can: [list_issues], cannot: [delet_issue] }\n",
    );
    const { status, stdout } = await run();
    expect(status).toBe(1);
    expect(stdout).toContain(
      'test-tool-known: The server "issues" has no tool "delet_issue". (did you mean "delete_issue"?)',
    );
    expect(stdout).toContain("Not run, for what was found above: HOSTS/demo/tests/issues.test.yaml\n");
    expect(stdout).toMatch(/\n3 tests, 12 answers, 3 passed, 0 failed\n$/);
    // A grant is taken away without waiting for its tests.
    expect((await runPolicy(["check", "--policies", copy.hosts, "--allow-warnings"])).status).toBe(0);
  });

  test("asks nothing of a host with an error", async () => {
    writeFileSync(join(copy.hosts, "demo/host.yaml"), "name: Demo\n");
    const { status, stdout } = await run();
    expect(status).toBe(1);
    expect(stdout).toContain("HOSTS/demo/host.yaml:");
    expect(stdout).toContain("Mend these first");
    expect(stdout).not.toContain("✓");
  });

  test("says that there are no tests, which is a failure where they are required", async () => {
    rmSync(join(copy.hosts, "demo/tests"), { recursive: true });
    mkdirSync(join(copy.hosts, "demo/tests"));
    const none = "demo: no tests. Say who can and who cannot in its folder, as tests/<what>.test.yaml.\n";
    expect(await run()).toEqual({ status: 0, stdout: none, stderr: "" });
    expect(await run("--require-tests")).toEqual({ status: 1, stdout: none, stderr: "" });
  });

  test("prints one JSON object with --json", async () => {
    copy.edit("servers/issues.yaml", "create_issue: { trust: medium }", "create_issue: { trust: high }");
    const { status, stdout } = await run("--json");
    expect(status).toBe(1);
    const { ok, hosts } = JSON.parse(stdout);
    expect(ok).toBe(false);
    const failures = hosts[0].results.flatMap((result: { failures: readonly unknown[] }) => result.failures);
    expect(failures).toMatchObject([
      {
        expected: "can",
        actual: "cannot",
        source: { file: "HOSTS/demo/tests/issues.test.yaml", line: 16 },
        explanation: { decision: { allow: false, code: "CEILING_TOO_LOW" }, query: { tool: "create_issue" } },
      },
    ]);
  });
});
