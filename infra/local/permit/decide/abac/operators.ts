import { canonical, type Spend } from "./attributes.ts";

/** Whether the attribute's value stands in the operator's relation to the given one. Both are present JSON values. */
export type Comparison = (attribute: unknown, value: unknown, spend: Spend) => boolean;

/** One operator: its test, and what a value written in a condition must be. */
export interface Operator {
  readonly holds: Comparison;
  readonly valueIs: (value: unknown) => boolean;
  /** For the error: "must be ...". */
  readonly expected: string;
}

function same(a: unknown, b: unknown, spend: Spend): boolean {
  spend(1);
  return a === b || (typeof a === "object" && typeof b === "object" && canonical(a, spend) === canonical(b, spend));
}

/** Each item of a list is a text of its own, so that two long lists are compared without a loop in a loop. */
function itemsOf(list: readonly unknown[], spend: Spend): ReadonlySet<string> {
  return new Set(list.map((item) => canonical(item, spend)));
}

/** A search can take as long as both texts multiplied, in steps of some hundred characters. */
function includes(text: string, part: string, spend: Spend): boolean {
  spend(1 + (text.length * part.length) / 1_000);
  return text.includes(part);
}

/** Numbers with numbers and texts with texts (RFC 3339 times of one zone sort as text); nothing else has an order. */
function ordered(test: (a: number | string, b: number | string) => boolean): Operator {
  return {
    holds: (a, b) =>
      (typeof a === "number" && typeof b === "number") || (typeof a === "string" && typeof b === "string")
        ? test(a, b)
        : false,
    valueIs: (value) => typeof value === "number" || typeof value === "string",
    expected: "a number or a text",
  };
}

/** Sets rather than nested loops: both lists may come from a request and be long. */
function lists(test: (attribute: ReadonlySet<string>, value: ReadonlySet<string>) => boolean): Operator {
  return {
    holds: (a, b, spend) => Array.isArray(a) && Array.isArray(b) && test(itemsOf(a, spend), itemsOf(b, spend)),
    valueIs: Array.isArray,
    expected: "a list",
  };
}

function isSubset(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].every((each) => b.has(each));
}

const anything = { valueIs: () => true, expected: "a value" };
const atLeast = ordered((a, b) => a >= b);
const atMost = ordered((a, b) => a <= b);

/**
 * The comparison operators of Permit's conditions (docs.permit.io, "Operators" and "Building conditions"). None takes a
 * pattern: there is nothing to make a regular expression run away with.
 */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["equals", { holds: same, ...anything }],
  ["not-equals", { holds: (a, b, spend) => !same(a, b, spend), ...anything }],
  ["less-than", ordered((a, b) => a < b)],
  ["greater-than", ordered((a, b) => a > b)],
  ["less-than-equals", atMost],
  ["greater-than-equals", atLeast],
  [
    "between",
    {
      holds: (a, b, spend) => Array.isArray(b) && atLeast.holds(a, b[0], spend) && atMost.holds(a, b[1], spend),
      valueIs: (value) => Array.isArray(value) && value.length === 2 && value.every(atLeast.valueIs),
      expected: "a list of the lowest and the highest value",
    },
  ],
  [
    "contains",
    {
      holds: (a, b, spend) => typeof a === "string" && typeof b === "string" && includes(a, b, spend),
      valueIs: (value) => typeof value === "string",
      expected: "a text",
    },
  ],
  [
    "in",
    {
      holds: (a, b, spend) => Array.isArray(b) && b.some((each) => same(a, each, spend)),
      valueIs: Array.isArray,
      expected: "a list",
    },
  ],
  [
    "array_contains",
    { holds: (a, b, spend) => Array.isArray(a) && a.some((each) => same(each, b, spend)), ...anything },
  ],
  ["array_subset", lists(isSubset)],
  ["array_superset", lists((a, b) => isSubset(b, a))],
  ["array_intersect", lists((a, b) => [...a].some((each) => b.has(each)))],
]);
