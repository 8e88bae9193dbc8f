import { styleText } from "node:util";
import { diffLines, diffWordsWithSpace } from "diff";
import type { DefinitionChange } from "../src/definition-diff.ts";
import { visible } from "../src/diagnostic.ts";

/** How much of a server's text one line shows, in characters, and one text in lines. The lock has all of it. */
const lineLengthMax = 600;
const linesMax = 60;
/** A diff of two texts that have little in common takes long and says nothing. */
const bounds = { timeout: 500 };

/** Text of a server for one line of a terminal. */
export function shortened(text: string, lengthMax = lineLengthMax): string {
  const more = text.length - lengthMax;
  return more > 0 ? `${visible(text.slice(0, lengthMax))} ... (${more} more characters)` : visible(text);
}

const value = (json: unknown) => shortened(JSON.stringify(json));

/** Removed and added text, told apart without colours too. */
function marked(colors: boolean) {
  const paint = (color: "red" | "green", text: string) => {
    return colors ? styleText(color, text, { validateStream: false }) : text;
  };
  return {
    removed: (text: string) => paint("red", text),
    added: (text: string) => paint("green", text),
  };
}

function wordDiff(before: string, after: string, colors: boolean): readonly string[] {
  const { removed, added } = marked(colors);
  const parts = diffWordsWithSpace(before, after, bounds) ?? [
    { value: before, removed: true, added: false },
    { value: after, removed: false, added: true },
  ];
  const line = parts.map((part) => {
    const text = shortened(part.value);
    return part.removed ? removed(`[-${text}-]`) : part.added ? added(`{+${text}+}`) : text;
  });
  return [line.join("")];
}

function lineDiff(before: string, after: string, colors: boolean): readonly string[] {
  const { removed, added } = marked(colors);
  const parts = diffLines(before, after, bounds) ?? [
    { value: before, removed: true, added: false },
    { value: after, removed: false, added: true },
  ];
  const lines = parts.flatMap((part) => {
    const texts = part.value
      .replace(/\n$/, "")
      .split("\n")
      .map((text) => shortened(text));
    if (part.removed) return texts.map((text) => removed(`- ${text}`));
    if (part.added) return texts.map((text) => added(`+ ${text}`));
    // Of what is the same, a line at each end says where in the text one is.
    const [first = "", last = ""] = [texts.at(0), texts.at(-1)];
    if (texts.length <= 3) return texts.map((text) => `  ${text}`);
    return [`  ${first}`, `  ... (${texts.length - 2} lines that are the same)`, `  ${last}`];
  });
  const more = lines.length - linesMax;
  return more > 0 ? [...lines.slice(0, linesMax), `... (${more} more lines)`] : lines;
}

function textDiff(before: string, after: string, colors: boolean): readonly string[] {
  return before.includes("\n") || after.includes("\n")
    ? lineDiff(before, after, colors)
    : wordDiff(before, after, colors);
}

function linesOf({ part, pointer, before, after }: DefinitionChange, colors: boolean): readonly string[] {
  const { removed, added } = marked(colors);
  const place = `${part}${shortened(pointer, 200)}`;
  if (before === undefined) return [`${place}: ${added(`new ${value(after)}`)}`];
  if (after === undefined) return [`${place}: ${removed(`gone ${value(before)}`)}`];
  if (typeof before !== "string" || typeof after !== "string") {
    return [`${place}: ${removed(value(before))} -> ${added(value(after))}`];
  }
  const lines = textDiff(before, after, colors);
  return lines.length === 1 ? [`${place}: ${lines[0]}`] : [`${place}:`, ...lines.map((line) => `  ${line}`)];
}

/**
 * Changes of a tool's definition as lines for a terminal. Removed text is `[-like this-]` or behind `-`, added text
 * `{+like this+}` or behind `+`; with `colors` also red and green. Whatever the server's text holds, it can't end a line
 * or move the cursor.
 */
export function definitionLines(changes: readonly DefinitionChange[], colors: boolean): readonly string[] {
  const lines = changes.slice(0, linesMax).flatMap((change) => linesOf(change, colors));
  const more = changes.length - linesMax;
  return more > 0 ? [...lines, `... (${more} more changes)`] : lines;
}
