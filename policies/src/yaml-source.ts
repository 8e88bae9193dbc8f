import {
  type Document,
  type ErrorCode,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Range,
} from "yaml";
import type { Diagnostic } from "./diagnostic.ts";
import type { SourcePosition } from "./model.ts";
import { findInvisible } from "./text-invisible.ts";
import { findNotPlain } from "./yaml-plain.ts";

/** Where in a document: keys of mappings and indices of sequences. */
export type YamlPath = readonly PropertyKey[];

/** A parsed YAML file that still knows where each of its values stands. */
export class YamlSource {
  readonly file: string;
  /** The whole file, comments included. */
  readonly text: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, text: string, document: Document, lines: LineCounter) {
    this.file = file;
    this.text = text;
    this.#document = document;
    this.#lines = lines;
  }

  /** The plain value, aliases not followed. */
  value(): unknown {
    // `findNotPlain` has refused aliases before; 0 is the second net against a bomb of them.
    return this.#document.toJS({ maxAliasCount: 0 });
  }

  /** Position of an offset in the text. */
  at(offset: number): SourcePosition {
    const { line, col } = this.#lines.linePos(offset);
    // An empty text has no first line.
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** Position of the value at `path`, or of the nearest value above it that the file has. */
  positionOf(path: YamlPath): SourcePosition {
    let node: unknown = this.#document.contents;
    let start = this.#startOf(node) ?? 0;
    for (const key of path) {
      node = isMap(node) || isSeq(node) ? node.get(key, true) : undefined;
      const found = this.#startOf(node);
      if (found === undefined) break;
      start = found;
    }
    return this.at(start);
  }

  /** Position of the last key of `path`: where a mapping says the name, not what it says of it. */
  positionOfKey(path: YamlPath): SourcePosition {
    const parent = path.length <= 1 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined;
    const start = this.#startOf(pair?.key);
    return start === undefined ? this.positionOf(path) : this.at(start);
  }

  /** The keys of the mapping at `path`, also of entries whose values are wrong. */
  keysAt(path: YamlPath): readonly string[] {
    const node = this.#document.getIn(path, true);
    return isMap(node) ? node.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
  }

  /** Takes entries out; positions of the others stay as they are in the text. */
  removeAll(paths: readonly YamlPath[]): void {
    // All looked up before the first is removed: removing an item of a list moves the ones behind it.
    const found = paths.map((path) => {
      const parent = path.length <= 1 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true);
      return { parent, key: path.at(-1) };
    });
    const gone = new Set<unknown>(
      found.flatMap(({ parent, key }): unknown[] => {
        if (isSeq(parent)) return [parent.items[Number(key)]];
        return isMap(parent) ? parent.items.filter((pair) => isScalar(pair.key) && pair.key.value === key) : [];
      }),
    );
    for (const { parent } of found) {
      if (isSeq(parent)) parent.items = parent.items.filter((item) => !gone.has(item));
      if (isMap(parent)) parent.items = parent.items.filter((item) => !gone.has(item));
    }
  }

  #startOf(node: unknown): number | undefined {
    return (node as { range?: Range | null } | null | undefined)?.range?.[0];
  }
}

/** Words for what the parser says in its own terms. */
const plainWords: Partial<Record<ErrorCode, string>> = {
  MULTIPLE_DOCS: "The file holds a second document",
  NON_STRING_KEY: "The key is not text",
  RESOURCE_EXHAUSTION: "The file is nested too deeply",
};

/** Parses one YAML file. A file with findings has no value that could be trusted: `source` is then undefined. */
export function parseYaml(
  file: string,
  text: string,
): { readonly source: YamlSource | undefined; readonly findings: readonly Diagnostic[] } {
  const lines = new LineCounter();
  const document: Document<Node> = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: "core",
    strict: true,
    stringKeys: true,
    uniqueKeys: true,
  });
  const source = new YamlSource(file, text, document, lines);
  const seenLines = new Set<number>();
  const findings: Diagnostic[] = [];
  for (const error of [...document.errors, ...document.warnings]) {
    // `findNotPlain` refuses all tags, also those that can be resolved.
    if (error.name === "YAMLWarning" && error.code === "TAG_RESOLVE_FAILED") continue;
    const position = source.at(error.pos[0]);
    // One mistake often makes several errors on its line; the first is the one to mend.
    if (error.code !== "DUPLICATE_KEY" && seenLines.has(position.line)) continue;
    seenLines.add(position.line);
    findings.push(
      error.code === "DUPLICATE_KEY"
        ? {
            code: "yaml-duplicate-key",
            ...position,
            message: "This key is already in the same mapping.",
            hint: "keep one of the two: YAML readers disagree on which one holds",
          }
        : {
            code: "yaml-syntax",
            ...position,
            message: `${plainWords[error.code] ?? error.message.replace(/[.:]$/, "")}.`,
            hint: "indent with spaces, quote text that holds : or #, one document per file",
          },
    );
  }
  const invisible = findInvisible(text);
  for (const found of invisible) {
    findings.push({ code: "text-invisible", ...source.at(found.offset), message: found.message, hint: found.hint });
  }
  if (document.errors.length === 0) {
    for (const found of findNotPlain(document)) {
      if (found.code === "text-invisible" && invisible.length > 0) continue;
      findings.push({ code: found.code, ...source.at(found.offset), message: found.message, hint: found.hint });
    }
  }
  return { source: findings.length === 0 ? source : undefined, findings };
}
