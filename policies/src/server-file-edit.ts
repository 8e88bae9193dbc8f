/**
 * Edits the tools of a server file. New lines are put into the text and old ones cut out of it, where the parser says
 * that they are: writing the whole document anew would change quotes, spaces and blank lines that nobody touched, and
 * bury the lines that a reviewer has to read.
 */
import { Document, isMap, isScalar, type Pair, parseDocument, Scalar, stringify, YAMLMap } from "yaml";
import { canonicalJson } from "./canonical-json.ts";
import type { TrustLevel } from "./trust.ts";

/** A tool to be written, with the reason for its trust. The reason is text of ours, one line without a line break. */
export interface NewTool {
  readonly name: string;
  readonly trust: TrustLevel;
  readonly reason: string;
}

/** Text of a server is always in quotes, so that it is a value and nothing else. */
export function quoted(text: string): string {
  return stringify(text, { defaultStringType: Scalar.QUOTE_DOUBLE, lineWidth: 0 }).trimEnd();
}

// Names such as `null`, `true` and `1e3` are other things than text in YAML.
const plainName = /^(?!(?:true|false|null)$)[A-Za-z_][A-Za-z0-9_-]*$/i;

/** The line of one tool, without indentation. */
export function toolLine({ name, trust, reason }: NewTool): string {
  return `${plainName.test(name) ? name : quoted(name)}: { trust: ${trust} } # proposed: ${trust}, ${reason}`;
}

interface Ranged {
  readonly range?: readonly [number, number, number] | null;
}

const startOf = (node: unknown) => (node as Ranged | null)?.range?.[0] ?? 0;

/** Offset behind the last character of a node, without what follows it on its line. */
function endOf(node: unknown): number {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last !== undefined) return last.value === null ? endOf(last.key) : endOf(last.value);
  }
  return (node as Ranged | null)?.range?.[1] ?? 0;
}

const nameOf = ({ key }: Pair) => String(isScalar(key) ? key.value : key);

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end;
}

/** The tools' indentation, when each of them is on lines of its own; undefined for `{ ... }` and other forms. */
function indentation(text: string, tools: YAMLMap): string | undefined {
  if (tools.flow === true || tools.items.length === 0) return undefined;
  const indents = tools.items.map(({ key }) => text.slice(lineStart(text, startOf(key)), startOf(key)));
  return indents.every((indent) => /^ +$/.test(indent)) ? indents[0] : undefined;
}

/** The whole part `tools` in block form, comments within it kept, as the lines below `tools:`. */
function rewrittenTools(tools: YAMLMap, add: readonly NewTool[], remove: ReadonlySet<string>): string[] {
  const kept = new YAMLMap();
  kept.items = tools.items.filter((pair) => !remove.has(nameOf(pair)));
  const text = kept.items.length === 0 ? "" : new Document(kept).toString({ lineWidth: 0 }).trimEnd();
  return [...(text === "" ? [] : text.split("\n")), ...add.map(toolLine)].map((line) =>
    line === "" ? "" : `  ${line}`,
  );
}

/** `text` with tools added and removed by lines; every key of `tools` begins one. */
function editLines(text: string, tools: YAMLMap, indent: string, add: readonly NewTool[], gone: ReadonlySet<string>) {
  const end = lineEnd(text, endOf(tools));
  const added = add.map((tool) => `\n${indent}${toolLine(tool)}`).join("");
  // From the last to the first, so that the offsets of those before stay as they are.
  return tools.items
    .filter((item) => gone.has(nameOf(item)))
    .toReversed()
    .reduce(
      (rest, { key, value }) =>
        rest.slice(0, lineStart(rest, startOf(key))) + rest.slice(lineEnd(rest, endOf(value ?? key)) + 1),
      `${text.slice(0, end)}${added}${text.slice(end)}`,
    );
}

/** `text` with the part `tools` written anew, which an empty list and `{ ... }` need. */
function rewrite(text: string, pair: Pair, tools: YAMLMap, add: readonly NewTool[], gone: ReadonlySet<string>) {
  const end = endOf(tools);
  const behind = text.slice(end, lineEnd(text, end));
  const lines = rewrittenTools(tools, add, gone);
  const first = lines.length === 0 ? "tools: {}" : "tools:";
  return `${text.slice(0, startOf(pair.key))}${[first + behind, ...lines].join("\n")}${text.slice(lineEnd(text, end))}`;
}

/**
 * The text of a server file with tools added behind the others and others removed; every other line stays as it is.
 *
 * @param text a server file without findings, its own or shared
 * @throws Error when the result would say anything else than that
 */
export function editTools(text: string, add: readonly NewTool[], remove: readonly string[]): string {
  if (add.length === 0 && remove.length === 0) return text;
  const crlf = text.includes("\r\n") && !/(?<!\r)\n/.test(text);
  const plain = crlf ? text.replaceAll("\r\n", "\n") : text;
  const document = parseDocument(plain, { schema: "core", stringKeys: true });
  const pair = isMap(document.contents) ? document.contents.items.find((item) => nameOf(item) === "tools") : undefined;
  const tools = pair?.value;
  if (pair === undefined || !isMap(tools)) throw new Error("The file has no tools that could be added to.");
  const gone = new Set(remove);
  const indent = tools.items.every((item) => gone.has(nameOf(item))) ? undefined : indentation(plain, tools);
  const edited =
    indent === undefined ? rewrite(plain, pair, tools, add, gone) : editLines(plain, tools, indent, add, gone);
  checkEdit(document.toJS() as ServerValue, edited, add, gone);
  return crlf ? edited.replaceAll("\n", "\r\n") : edited;
}

type ServerValue = { readonly tools: Readonly<Record<string, unknown>> };

function checkEdit(before: ServerValue, edited: string, add: readonly NewTool[], gone: ReadonlySet<string>): void {
  const document = parseDocument(edited, { schema: "core", stringKeys: true });
  const tools = {
    ...Object.fromEntries(Object.entries(before.tools).filter(([name]) => !gone.has(name))),
    ...Object.fromEntries(add.map(({ name, trust }) => [name, { trust }])),
  };
  const same = document.errors.length === 0 && canonicalJson(document.toJS()) === canonicalJson({ ...before, tools });
  if (!same) throw new Error("The tools can't be written into the file without changing something else of it.");
}
