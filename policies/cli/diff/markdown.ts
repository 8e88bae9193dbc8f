/**
 * Markdown as GitHub renders it (GitHub Flavored Markdown 0.29), with foreign text in code spans and code blocks only:
 * there no mention, link, reference, image, HTML or formatting has a meaning (6.3, 4.5).
 */
import { visible } from "../../src/load.ts";
import type { Text } from "./text.ts";

/** Longer foreign text is cut: one value must not fill a comment. */
const valueLengthMax = 200;
const linesMax = 40;

const cut = (text: string) => {
  const characters = [...text];
  return characters.length > valueLengthMax ? `${characters.slice(0, valueLengthMax).join("")}…` : text;
};

/** A fence that the text can't end: longer than any run of backticks in it. */
function fence(text: string, min: number): string {
  const runs = text.match(/`+/g)?.map((run) => run.length) ?? [];
  return "`".repeat(Math.max(min, ...runs.map((length) => length + 1)));
}

/** Foreign text as a code span, on one line. */
export function codeSpan(value: string): string {
  const text = cut(visible(value));
  // A span of spaces only is no span, and of one that begins and ends with a space these are taken away.
  const shown = text.trim() === "" ? JSON.stringify(text) : text;
  const ticks = fence(shown, 1);
  const pad = /^[` ]|[` ]$/.test(shown) ? " " : "";
  return `${ticks}${pad}${shown}${pad}${ticks}`;
}

/** Text of a report. */
export function markdownText(text: Text): string {
  return text.map((piece) => (typeof piece === "string" ? piece : codeSpan(piece.value))).join("");
}

/** Lines of foreign text as a code block, in the language `language`. */
export function fenced(lines: readonly string[], language = "text"): readonly string[] {
  const shown = lines.map(visible);
  const ticks = fence(shown.join("\n"), 3);
  return [`${ticks}${language}`, ...shown, ticks];
}

/** Lines that begin with `+`, `-` or a space as a block with colours, as the lines of a list item indented by `indent`. */
export function diffBlock(lines: readonly string[], indent: string): readonly string[] {
  const shown = lines.slice(0, linesMax).map(cut);
  if (lines.length > linesMax) shown.push(`  … and ${lines.length - linesMax} more lines`);
  return fenced(shown, "diff").map((line) => `${indent}${line}`);
}
