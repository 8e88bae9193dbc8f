import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabases } from "../../src/oauth/testing/test-databases.ts";
import { fillWithGrants } from "./testing/filled-grants.ts";
import { runOn } from "./testing/log-program.ts";

const period = ["--from", "2026-07-01", "--to", "2026-08-01"];

/** The cells of the table whose head begins so. */
function tableOf(markdown: string, head: string): readonly (readonly string[])[] {
  const lines = markdown.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${head}`));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  const cellsOf = (line: string) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.replaceAll(/\\(?=[_*`[\]<>|~&$])/g, ""));
  return lines.slice(start + 2, end).map(cellsOf);
}

describe.each(testDatabases)("report on a log in $name", ({ open }) => {
  let kept: Awaited<ReturnType<typeof open>>;
  let markdown: string;
  beforeAll(async () => {
    kept = await open();
    await fillWithGrants(kept.database);
    const { status, stdout, stderr } = await runOn(kept.database, ["report", ...period], { hostKey: "demo" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    markdown = stdout;
  });
  afterAll(() => kept.database.close());

  test("counts the calls of the period by what became of them", () => {
    expect(tableOf(markdown, "Who ")).toEqual([
      ["Humans", "2"],
      ["Agents (a client, for one human)", "2"],
      ["MCP servers", "2"],
    ]);
    expect(tableOf(markdown, "Calls ")).toEqual([
      ["Allowed", "5", "1"],
      ["… answered by the server", "2", "1"],
      ["… failed", "1", "0"],
      ["… cancelled by the client", "1", "0"],
      ["… of unknown outcome", "0", "0"],
      ["… without a result in the period", "1", "0"],
      ["Denied", "3", "0"],
    ]);
    expect(tableOf(markdown, "Code | Of tools")).toEqual([
      ["APPROVAL_REQUIRED", "1", "0"],
      ["CEILING_TOO_LOW", "1", "0"],
      ["TOOL_UNKNOWN", "1", "0"],
    ]);
    expect(tableOf(markdown, "Server | Tool | Allowed")[0]).toEqual(["issues", "get_issue", "3", "1", "0"]);
    expect(markdown).toContain("| issues | (no tool of the policy) | 0 | 0 | 1 |");
  });

  test("has the grants that had not ended then, at the level of then", () => {
    const grants = tableOf(markdown, "Human | Agent | Server | Level | Given");
    expect(grants.map((cells) => [cells[0], cells[3], cells.at(-1)])).toEqual([
      ["lead@example.com", "medium", "receipt-lead-12"],
    ]);
  });

  test("has what became of consents in the period, with the ids of their receipts", () => {
    const given = tableOf(markdown.slice(markdown.indexOf("### Given")), "Time");
    expect(given.map((cells) => cells.at(-1))).toEqual(["receipt-consent-lead", "receipt-consent-developer"]);
    const lowered = tableOf(markdown.slice(markdown.indexOf("### Lowered")), "Time");
    expect(lowered.map((cells) => [cells[0], cells[4]])).toEqual([["2026-07-12 09:00:00", "low"]]);
    expect(tableOf(markdown, "Cause ")).toEqual([["REVOKED_BY_HUMAN", "1"]]);
  });

  test("proposes the change of the policy", () => {
    expect(markdown).toContain("-  - { server: issues, human: developer@example.com, ceiling: medium }");
    expect(markdown).toContain("+  - { server: issues, human: developer@example.com, ceiling: low }");
  });

  test("names the chains, cut to the period", () => {
    const chains = tableOf(markdown, "Chain ");
    expect(chains.map((cells) => cells.slice(2))).toEqual([
      ["1 to 23", "23", "2026-07-01 01:00:00", "2026-07-13 09:00:00", "none", "ended"],
      ["1 to 2", "2", "2026-07-25 09:00:00", "2026-07-25 09:00:00", "none", "open"],
    ]);
  });

  test("of another period says what that has", async () => {
    const { stdout } = await runOn(kept.database, [
      "report",
      "--from",
      "2026-07-06T12:00:00.001Z",
      "--to",
      "2026-07-08",
    ]);
    expect(tableOf(stdout, "Calls ")[0]).toEqual(["Allowed", "0", "0"]);
    expect(tableOf(stdout, "Code | Of tools")).toEqual([["CEILING_TOO_LOW", "1", "0"]]);
    expect(stdout).toContain("None was given.");
    expect(stdout).toContain("make the report with --policy");
    expect(stdout).not.toContain("which is later than the beginning");
    const future = await runOn(kept.database, ["report", "--from", "2026-08-01", "--to", "2027-01-01"]);
    expect(future.stdout).toContain("The period has not ended");
    const empty = await runOn(kept.database, ["report", "--from", "2027-01-01", "--to", "2027-02-01"]);
    expect(empty.stdout).toContain("There is no record in the period.");
  });
});
