import { styleText } from "node:util";
import { visible } from "../../src/load.ts";
import type { Entry, HostReport, Weight } from "./report.ts";
import type { Text } from "./text.ts";

const marks = { danger: ["!", "red"], more: ["+", "yellow"], less: ["-", "green"], other: ["~", "cyan"] } as const;

// What is quoted is told apart from our words: a tool may be called "delete (low)".
const isWord = (value: string) => /^[A-Za-z0-9_@.:/+-]+$/.test(value);
const plain = (text: Text) =>
  text
    .map((piece) =>
      typeof piece === "string" ? piece : visible(isWord(piece.value) ? piece.value : JSON.stringify(piece.value)),
    )
    .join("");

/** The lines of a report for a terminal. */
export function renderTerminal(verdict: string, reports: readonly HostReport[], colors: boolean): readonly string[] {
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colors ? styleText(format, text, { validateStream: false }) : text;
  const mark = (weight: Weight) => paint(marks[weight][1], marks[weight][0]);
  const entryLines = ({ weight, line, details, comparison = [] }: Entry) => [
    `    ${mark(weight)} ${plain(line)}`,
    ...details.map((detail) => `        ${plain(detail)}`),
    ...comparison.map((line) => `        ${visible(line)}`),
  ];
  return [
    paint("bold", verdict),
    ...reports.flatMap(({ host, state, sections }) => [
      "",
      paint("bold", state === "different" ? visible(host) : `${visible(host)} (${state})`),
      ...sections.flatMap(({ title, entries }) => [`  ${title}`, ...entries.flatMap(entryLines)]),
    ]),
  ];
}
