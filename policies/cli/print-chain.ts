import { styleText } from "node:util";
import type { Change, Link } from "../src/explain.ts";
import { visible } from "../src/load.ts";
import type { SourcePosition } from "../src/model.ts";
import type { Output } from "./command.ts";

type Style = "green" | "red" | "yellow" | "dim" | "bold";

/** Text in a style, where the output shows it. */
export function styled(output: Output, style: Style, text: string): string {
  return output.colors ? styleText(style, text, { validateStream: false }) : text;
}

/** `file:line:column`, as editors and terminals open it. */
export function printPlace({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`;
}

interface Row {
  readonly label: string;
  readonly text: string;
  readonly source: SourcePosition | undefined;
  readonly dim?: boolean;
}

/** Prints rows of a label, a sentence and its place, in columns. */
export function printRows(rows: readonly Row[], indent: string, output: Output): void {
  const labels = Math.max(0, ...rows.map(({ label }) => label.length));
  // Long sentences don't push the places of all others to the right.
  const texts = Math.min(88, Math.max(0, ...rows.map(({ text, source }) => (source === undefined ? 0 : text.length))));
  for (const { label, text, source, dim } of rows) {
    const place = source === undefined ? "" : `  ${visible(printPlace(source))}`;
    const words = visible(text);
    const sentence = `${label.padEnd(labels)}  ${source === undefined ? words : words.padEnd(texts)}`;
    output.line(`${indent}${dim === true ? styled(output, "dim", sentence) : sentence}${styled(output, "dim", place)}`);
  }
}

/** Prints links of a chain; of `onlyCounting` those alone that the answer follows from. */
export function printChain(
  chain: readonly Link[],
  indent: string,
  output: Output,
  { onlyCounting }: { readonly onlyCounting: boolean },
): void {
  const shown = chain.filter(({ counts }) => counts || !onlyCounting);
  printRows(
    shown.map(({ kind, text, counts, source }) => ({ label: kind, text, source, dim: !counts })),
    indent,
    output,
  );
}

/** Prints what would have to change, and who can change it. */
export function printChanges(changes: readonly Change[], indent: string, output: Output): void {
  printRows(
    changes.map(({ who, text, source }) => ({ label: who, text, source })),
    indent,
    output,
  );
}
