import type { Attributes } from "../../state/rows.ts";

/** The attributes that conditions see, by where they come from. */
export interface AttributeScope {
  readonly user: Attributes;
  readonly resource: Attributes;
  readonly tenant: Attributes;
  readonly context: Attributes;
}

function isMap(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Later layers win; maps in both are merged, lists are not (Permit's generated policy does the same with OPA's
 * `object.union_n`). `__proto__` and `constructor` are keys like any other: nothing here assigns by name.
 */
export function mergeAttributes(first: Attributes, ...layers: readonly Attributes[]): Attributes {
  return layers.reduce(merge, first);
}

function merge(below: Attributes, above: Attributes): Attributes {
  const keys = Object.keys(above);
  if (keys.length === 0) return below;
  const merged = { ...below, ...above };
  for (const key of keys) {
    const value = above[key];
    if (!isMap(value) || !Object.hasOwn(below, key)) continue;
    const before = below[key];
    if (isMap(before)) Object.defineProperty(merged, key, { value: merge(before, value) });
  }
  return merged;
}

/** The value at a path of keys; undefined where there is none. Inherited properties are none. */
export function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const key of path) {
    if (!isMap(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Counts what a decision's conditions look at, and ends them when it is too much. */
export type Spend = (count: number) => void;

/** A text that two JSON values share exactly if they are equal, whatever the order of their keys. */
export function canonical(value: unknown, spend: Spend): string {
  spend(1);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, spend)).join(",")}]`;
  if (!isMap(value)) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner, spend)}`).join(",")}}`;
}
