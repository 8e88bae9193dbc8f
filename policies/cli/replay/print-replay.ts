import { visible } from "../../src/load.ts";
import { count } from "../count.ts";
import type { ReplayRow, Tally } from "./tally.ts";

const rowsShown = 50;
const cellLengthMax = 60;

const results = [
  ["denied", "Were allowed, would be denied"],
  ["allowed", "Were denied, would be allowed"],
  ["unknown", "Can't tell"],
] as const;

const number = (value: number) => value.toLocaleString("en-US");

function cell(text: string): string {
  const shown = visible(text);
  return shown.length > cellLengthMax ? `${shown.slice(0, cellLengthMax - 1)}…` : shown;
}

function table(rows: readonly ReplayRow[], withHost: boolean): readonly string[] {
  const lines = [
    ["calls", ...(withHost ? ["host"] : []), "human", "server", "tool", "was", "would be"],
    ...rows.map(({ calls, host, human, server, tool, was, wouldBe }) => [
      number(calls),
      ...[...(withHost ? [host] : []), human, server, tool, was].map(cell),
      visible(wouldBe),
    ]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines.map((line) =>
    line
      .map((text, column) => (column === 0 ? text.padStart(widths[0] ?? 0) : text.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** The lines of the answer, for a terminal. */
export function printReplay(tally: Tally, against: string, on: string | undefined): readonly string[] {
  const { counts } = tally;
  const flips = counts.denied + counts.allowed;
  const rows = tally.rows();
  const withHost = new Set(rows.map(({ host }) => host)).size > 1;
  const lines = [
    `${count(counts.decisions, "decision")} against ${visible(against)}, ${on === undefined ? "each on its day" : `on ${on}`}`,
    "",
    `  unchanged   ${number(counts.unchanged)}${counts.wait > 0 ? ` (${number(counts.wait)} would wait for an approval)` : ""}`,
    `  would flip  ${number(flips)}${flips > 0 ? ` (${number(counts.denied)} to denied, ${number(counts.allowed)} to allowed)` : ""}`,
    `  can't tell  ${number(counts.unknown)}`,
  ];
  for (const [result, title] of results) {
    const found = rows.filter((row) => row.result === result);
    if (found.length === 0) continue;
    lines.push("", `${title}:`, ...table(found.slice(0, rowsShown), withHost).map((line) => `  ${line}`));
    if (found.length > rowsShown) lines.push(`  … and ${number(found.length - rowsShown)} more rows: --json has them`);
  }
  if (tally.callsWithoutRow > 0)
    lines.push("", `${number(tally.callsWithoutRow)} calls are counted above and have no row.`);
  if (counts.repeated > 0) lines.push("", `${count(counts.repeated, "record")} left out that came a second time.`);
  return lines;
}
