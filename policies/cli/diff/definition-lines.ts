import { definitionDiff } from "../../src/definition-diff.ts";
import type { ToolDefinition } from "../../src/lock.ts";

const linesOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value, null, 2)).split("\n");

/** How two texts differ, without the lines that they begin and end with in common. */
function lineChanges(before: readonly string[], after: readonly string[]): readonly string[] {
  const shorter = Math.min(before.length, after.length);
  let first = 0;
  while (first < shorter && before[first] === after[first]) first += 1;
  let last = 0;
  while (last < shorter - first && before.at(-1 - last) === after.at(-1 - last)) last += 1;
  return [
    ...(first > 0 ? ["  …"] : []),
    ...before.slice(first, before.length - last).map((line) => `- ${line}`),
    ...after.slice(first, after.length - last).map((line) => `+ ${line}`),
    ...(last > 0 ? ["  …"] : []),
  ];
}

/** How a server's definition of a tool differs from the one before, as lines that begin with `+`, `-` or a space. */
export function definitionLines(before: ToolDefinition | null, after: ToolDefinition | null): readonly string[] {
  if (before === null) return ["  the lock file defines it now, it did not before"];
  if (after === null) return ["  the lock file defines it no longer"];
  return definitionDiff(before, after).flatMap(({ part, pointer, before: was, after: is }) => [
    `  ${part}${pointer}`,
    ...lineChanges(was === undefined ? [] : linesOf(was), is === undefined ? [] : linesOf(is)),
  ]);
}
