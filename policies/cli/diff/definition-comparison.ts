import { diffLines } from "diff";
import { definitionDiff } from "../../src/definition-diff.ts";
import type { ToolDefinition } from "../../src/lock.ts";

/** A diff of two texts that have little in common takes long and says nothing. */
const bounds = { timeout: 500 };
/** Lines that are the same, at each end of a run of them, that say where in the text one is. */
const contextMax = 2;

const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

function marked(mark: string, text: string): readonly string[] {
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => `${mark} ${line}`);
}

function lineChanges(before: unknown, after: unknown): readonly string[] {
  if (before === undefined) return marked("+", textOf(after));
  if (after === undefined) return marked("-", textOf(before));
  const parts = diffLines(textOf(before), textOf(after), bounds) ?? [
    { value: textOf(before), removed: true, added: false },
    { value: textOf(after), removed: false, added: true },
  ];
  return parts.flatMap(({ value, removed, added }) => {
    const lines = marked(removed ? "-" : added ? "+" : " ", value);
    if (removed || added || lines.length <= 2 * contextMax + 1) return lines;
    return [...lines.slice(0, contextMax), "  …", ...lines.slice(-contextMax)];
  });
}

/** How a server's definition of a tool differs from the one before, as lines that begin with `+`, `-` or a space. */
export function definitionLines(before: ToolDefinition | null, after: ToolDefinition | null): readonly string[] {
  if (before === null) return ["  the lock file defines it now, it did not before"];
  if (after === null) return ["  the lock file defines it no longer"];
  return definitionDiff(before, after).flatMap(({ part, pointer, before: was, after: is }) => [
    `  ${part}${pointer}`,
    ...lineChanges(was, is),
  ]);
}
