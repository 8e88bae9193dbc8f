/** The change of a policy file that takes away what nobody used. Pure. */
import { reaches } from "@permit-mcp-gateway/policies";
import type { GrantLineUse, UnusedGrant } from "./unused-grants.ts";

/** The change of one file. */
export interface PolicyChange {
  readonly file: string;
  /** A unified diff without context, as `patch` and `git apply --unidiff-zero` take it; empty when `byHand` has all. */
  readonly diff: string;
  /** Lines of the policy that are written so that they can't be taken out as a whole: places of their ceilings. */
  readonly byHand: readonly GrantLineUse[];
}

/** Lines of a file, 1-based and inclusive, and what comes in their place. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

/** True when the line can say less without taking away what somebody used. */
export function canChange({ needed, ceiling }: GrantLineUse): boolean {
  return needed === undefined || !reaches(needed, ceiling);
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
const isContent = (line: string): boolean => line.trim() !== "" && !line.trimStart().startsWith("#");

/** The lines of the entry of a list whose ceiling is at a line; undefined when it shares its line with others. */
function entryAround(lines: readonly string[], at: number): { readonly from: number; readonly to: number } | undefined {
  const depth = indentOf(lines[at - 1] ?? "");
  let from = at;
  // An entry begins with the nearest dash before it that is not deeper.
  for (; from >= 1; from -= 1) {
    const line = lines[from - 1] ?? "";
    if (/^\s*-(?:\s|$)/.test(line) && indentOf(line) <= depth) break;
    if (isContent(line) && indentOf(line) < depth && !/^\s*-/.test(line)) return undefined;
  }
  if (from < 1) return undefined;
  const dash = indentOf(lines[from - 1] ?? "");
  let to = from;
  for (let next = from + 1; next <= lines.length; next += 1) {
    const line = lines[next - 1] ?? "";
    if (!isContent(line)) continue;
    if (indentOf(line) <= dash) break;
    to = next;
  }
  return to >= at ? { from, to } : undefined;
}

function editOf(lines: readonly string[], { source, needed, ceiling }: GrantLineUse): Edit | undefined {
  const { line: at, column } = source;
  if (needed === undefined) {
    const entry = entryAround(lines, at);
    return entry === undefined ? undefined : { ...entry, lines: [] };
  }
  const line = lines[at - 1] ?? "";
  const rest = line.slice(column - 1);
  const written = /^["']?/.exec(rest)?.[0] ?? "";
  if (!rest.startsWith(written + ceiling)) return undefined;
  const changed = line.slice(0, column - 1) + written + needed + rest.slice(written.length + ceiling.length);
  return { from: at, to: at, lines: [changed] };
}

/** One hunk. `shift`: by how many lines the edits before it have moved it. An empty range names the line before it. */
function hunkOf(lines: readonly string[], { from, to, lines: added }: Edit, shift: number): readonly string[] {
  const removed = lines.slice(from - 1, to);
  const range = (start: number, count: number) => `${count === 0 ? start - 1 : start}${count === 1 ? "" : `,${count}`}`;
  return [
    `@@ -${range(from, removed.length)} +${range(from + shift, added.length)} @@`,
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
  ];
}

/**
 * The change of the file of the grants, whose text is `text`. Undefined when there is nothing that the file could say less.
 */
export function policyChange(file: string, text: string, unused: readonly UnusedGrant[]): PolicyChange | undefined {
  const lines = text.split("\n");
  const uses = new Map(unused.map(({ line }) => [`${line.source.line}:${line.source.column}`, line]));
  const changing = [...uses.values()].filter(canChange);
  if (changing.length === 0) return undefined;
  const edits: Edit[] = [];
  const byHand: GrantLineUse[] = [];
  for (const use of changing.toSorted((a, b) => a.source.line - b.source.line || a.source.column - b.source.column)) {
    const edit = editOf(lines, use);
    const overlaps = edits.some(({ to }) => edit !== undefined && edit.from <= to);
    if (edit === undefined || overlaps) byHand.push(use);
    else edits.push(edit);
  }
  let shift = 0;
  const hunks = edits.flatMap((edit) => {
    const hunk = hunkOf(lines, edit, shift);
    shift += edit.lines.length - (edit.to - edit.from + 1);
    return hunk;
  });
  return { file, diff: hunks.length === 0 ? "" : [`--- ${file}`, `+++ ${file}`, ...hunks].join("\n"), byHand };
}
