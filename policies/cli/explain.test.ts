import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { copiedHosts } from "./testing/copied-hosts.ts";
import { runPolicy } from "./testing/run-policy.ts";

const copy = copiedHosts();

/** The lines that `explain` prints of the copy, without its folder and with one space for many. */
async function explained(...args: readonly string[]): Promise<readonly string[]> {
  const { status, stdout, stderr } = await runPolicy(["explain", ...args, "--policies", copy.hosts]);
  if (status !== 0) throw new Error(stdout + stderr);
  return stdout
    .replaceAll(`${copy.hosts}/`, "")
    .split("\n")
    .map((line) => line.trim().replaceAll(/ +/g, " "));
}

describe("explain", () => {
  test("answers for all three levels, with every link and its line", async () => {
    expect(
      await explained("demo", "lead@example.com", "everything", "gzip-file-as-resource", "--on", "2026-11-24"),
    ).toEqual([
      "lead@example.com, everything, gzip-file-as-resource, on 2026-11-24",
      "consent low denied: the consent is too low (CONSENT_TOO_LOW)",
      "consent medium allowed",
      "consent high allowed",
      "",
      "Why:",
      "human lead@example.com is in the group engineering demo/grants.yaml:8:7",
      "human lead@example.com has a grant of their own demo/grants.yaml:13:57",
      "grant ceiling low for the group engineering: changes nothing, it is lower demo/grants.yaml:19:56",
      "grant ceiling medium for lead@example.com: holds, as the highest that has not ended demo/grants.yaml:20:61",
      "server the server everything is Everything demo/servers/everything.yaml:3:1",
      "tool gzip-file-as-resource has trust medium demo/servers/everything.yaml:28:3",
      "approval no line asks for an approval",
      "window a consent ends after 90 days at the latest demo/host.yaml:4:1",
      "",
      "What else it takes:",
      "the human consents to medium when connecting the agent again",
      "",
    ]);
  });

  test("says of a ceiling that is too low where it can be raised, for whom, and where trust can be lowered", async () => {
    const lines = await explained("demo", "DEVELOPER@example.com", "everything", "get-env", "--consent", "low");
    expect(lines).toContain("consent low denied: the ceiling is too low (CEILING_TOO_LOW)");
    expect(lines).toContain("consent min(ceiling low, consent low) = low, which is below trust high");
    expect(lines.slice(lines.indexOf("What would have to change:") + 1)).toEqual([
      "a pull request raises the ceiling to high, for 1 other of the group too demo/grants.yaml:19:56",
      "a pull request or lowers the trust of get-env, for everybody demo/servers/everything.yaml:20:3",
      "the human consents to high when connecting the agent again",
      "",
    ]);
  });

  test("tells a missing grant from one that has ended", async () => {
    const missing = await explained("demo", "admin@example.com", "issues", "list_issues", "--consent", "high");
    expect(missing).toContain("human admin@example.com is an admin, which grants no server demo/host.yaml:18:5");
    expect(missing).toContain("grant no grant reaches the human on this server");
    expect(missing).toContain("a pull request grants issues to admin@example.com up to low demo/grants.yaml:1:1");

    copy.edit(
      "grants.yaml",
      "contractor@example.com, ceiling: low",
      "contractor@example.com, ceiling: low, until: 2030-01-31",
    );
    const question = ["demo", "contractor@example.com", "issues", "create_issue", "--consent", "high", "--on"];
    const ended = await explained(...question, "2030-02-01");
    expect(ended).toContain("consent high denied: the grant has ended by 2030-02-01 (GRANT_ENDED)");
    expect(ended).toContain(
      "a pull request gives the grant a later end than 2030-01-31 and raises its ceiling to medium demo/grants.yaml:15:63",
    );
    expect(await explained(...question, "2030-01-31")).toContain(
      "consent high denied: the ceiling is too low (CEILING_TOO_LOW)",
    );
  });

  test("names who approves, the line that asks for it, and the agent that never waits", async () => {
    copy.edit("servers/issues.yaml", "url: ", "approval: { from: high }\nconsentDays: 7\nurl: ");
    copy.edit(
      "host.yaml",
      "admins:",
      "approval:\n  bypass:\n    - { client: ci }\napprovers: [admin@example.com]\nadmins:",
    );
    const question = ["demo", "lead@example.com", "issues", "delete_issue", "--consent", "high"];
    const waits = await explained(...question);
    expect(waits).toContain("consent high allowed, and waits for an approval");
    expect(waits).toContain(
      "approval the call waits for an approval: the server says so for this trust demo/servers/issues.yaml:5:19",
    );
    expect(waits).toContain("window a consent ends after 7 days at the latest demo/servers/issues.yaml:6:14");
    expect(waits).toContain("an approver lets the call pass (admin@example.com)");
    const bypassed = await explained(...question, "--client", "ci");
    expect(bypassed).toContain("consent high allowed");
    expect(bypassed).toContain(
      "approval the call does not wait: the client is one whose calls never do demo/host.yaml:19:7",
    );
    expect(bypassed.some((line) => line.includes("What"))).toBe(false);
  });

  test("says of a tool that is not enabled where it can be", async () => {
    copy.edit("servers/issues.yaml", "get_issue: { trust: low }", "get_issue: { trust: low, enabled: false }");
    const lines = await explained("demo", "lead@example.com", "issues", "get_issue", "--consent", "low");
    expect(lines).toContain("consent low denied: the tool is not enabled (TOOL_UNKNOWN)");
    expect(lines).toContain("a pull request enables get_issue demo/servers/issues.yaml:12:3");
  });

  test("prints one JSON object with --json", async () => {
    const args = ["explain", "demo", "lead@example.com", "issues", "delete_issue", "--policies", copy.hosts, "--json"];
    const { status, stdout } = await runPolicy(args);
    expect(status).toBe(0);
    const { ok, answers } = JSON.parse(stdout);
    expect(ok).toBe(true);
    expect(answers.map(({ decision }: { decision: unknown }) => decision)).toEqual([
      { allow: false, code: "CONSENT_TOO_LOW" },
      { allow: false, code: "CONSENT_TOO_LOW" },
      { allow: true, effective: "high", approval: false },
    ]);
    expect(answers[0].changes).toMatchObject([{ who: "the human", text: expect.stringContaining("consents to high") }]);
  });

  test("gives no answer for a host with an error", async () => {
    writeFileSync(join(copy.hosts, "demo/host.yaml"), "name: Demo\n");
    const { status, stdout } = await runPolicy(["explain", "demo", "a@b.co", "issues", "x", "--policies", copy.hosts]);
    expect(status).toBe(1);
    expect(stdout).toContain("field-missing");
    expect(stdout).not.toContain("denied");
  });

  test.each([
    ["human", ["demo", "led@example.com", "issues", "get_issue"], '(did you mean "lead@example.com"?)'],
    ["server", ["demo", "lead@example.com", "isues", "get_issue"], '(did you mean "issues"?)'],
    ["tool", ["demo", "lead@example.com", "issues", "get_isue"], '(did you mean "get_issue"?)'],
    ["host", ["dem", "lead@example.com", "issues", "get_issue"], '(did you mean "demo"?)'],
    ["level", ["demo", "lead@example.com", "issues", "get_issue", "--consent", "all"], "use low, medium, high"],
    ["day", ["demo", "lead@example.com", "issues", "get_issue", "--on", "tomorrow"], "2026-12-31"],
    ["missing word", ["demo", "lead@example.com", "issues"], "Say which <tool>."],
  ])("refuses a %s that there is not", async (_, args, message) => {
    const { status, stdout, stderr } = await runPolicy(["explain", ...args, "--policies", copy.hosts]);
    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});
