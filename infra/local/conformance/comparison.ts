/** What passes direct and what passes through the gateway, scenario by scenario. Pure. */
import type { Check, Scenario } from "./suite.ts";

/** One scenario, both ways. */
export interface Row {
  readonly scenario: Scenario;
  readonly direct: readonly Check[];
  readonly gateway: readonly Check[];
}

/** What is wrong, as sentences: nothing when the gateway can't be told from the server. */
export function problemsOf({ scenario, direct, gateway }: Row): readonly string[] {
  const problems: string[] = [];
  if (scenario.optional === undefined && (direct.length === 0 || direct.some(({ status }) => status === "FAILURE"))) {
    problems.push(`${scenario.name}: the fixture server does not pass it`);
  }
  const passed = (checks: readonly Check[], id: string) =>
    checks.filter((check) => check.id === id && check.status === "SUCCESS").length;
  // Counted and not paired up: one check may be made several times. A check that is not made at all has not passed.
  for (const id of new Set(direct.map((check) => check.id))) {
    if (passed(gateway, id) >= passed(direct, id)) continue;
    const said = gateway.find((check) => check.id === id && check.status !== "SUCCESS")?.errorMessage ?? "not reached";
    problems.push(`${scenario.name}: ${id} passes direct and not through the gateway: ${said.slice(0, 500)}`);
  }
  return problems;
}

function cell(checks: readonly Check[]): string {
  const passed = checks.filter(({ status }) => status === "SUCCESS").length;
  const failed = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING").length;
  return failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} failed`;
}

/** The table, as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [
    ["scenario", "direct", "through the gateway"],
    ...rows.map(({ scenario, direct, gateway }) => [
      scenario.optional === undefined ? scenario.name : `${scenario.name} (${scenario.optional})`,
      cell(direct),
      cell(gateway),
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const print = (line: readonly string[]) =>
    `| ${line.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = lines;
  return [print(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(print)].join("\n");
}
