import { canonicalJson } from "./canonical-json.ts";
import type { ToolDefinition } from "./lock.ts";

/** The parts of a definition, in the order in which their changes are listed. */
export const definitionParts = ["title", "description", "annotations", "inputSchema", "outputSchema"] as const;

/** One place where two definitions of a tool differ. */
export interface DefinitionChange {
  readonly part: (typeof definitionParts)[number];
  /** Where in the part, as a JSON Pointer (RFC 6901); empty: the part itself. */
  readonly pointer: string;
  /** The JSON value that was there; undefined: none was. */
  readonly before: unknown;
  /** The JSON value that is there now; undefined: none is. */
  readonly after: unknown;
}

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const hasParts = (value: unknown): boolean => typeof value === "object" && value !== null;

/** An array is taken apart only where that says more: of a list such as `required` the whole is what one reads. */
const isListOfParts = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.some(hasParts);

function member(value: JsonObject | readonly unknown[], key: string): unknown {
  return Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
}

function changesAt(
  part: DefinitionChange["part"],
  pointer: string,
  before: unknown,
  after: unknown,
): DefinitionChange[] {
  const both =
    (isObject(before) && isObject(after)) || (isListOfParts(before) && isListOfParts(after))
      ? ([before, after] as const)
      : undefined;
  if (both === undefined) {
    const same =
      before === undefined || after === undefined ? before === after : canonicalJson(before) === canonicalJson(after);
    return same ? [] : [{ part, pointer, before, after }];
  }
  const keys = new Set([...Object.keys(both[0]), ...Object.keys(both[1])]);
  const ordered = Array.isArray(before) ? [...keys] : [...keys].toSorted((a, b) => (a < b ? -1 : 1));
  return ordered.flatMap((key) => {
    const token = key.replaceAll("~", "~0").replaceAll("/", "~1");
    return changesAt(part, `${pointer}/${token}`, member(both[0], key), member(both[1], key));
  });
}

/**
 * What of a tool's definition is another than before, each change at the innermost place that both have. Empty exactly
 * when the digests of the two (`toolDigest`, under one name) are equal: nothing that a digest sees is left out.
 */
export function definitionDiff(
  before: Omit<ToolDefinition, "digest">,
  after: Omit<ToolDefinition, "digest">,
): readonly DefinitionChange[] {
  return definitionParts.flatMap((part) => changesAt(part, "", before[part], after[part]));
}
