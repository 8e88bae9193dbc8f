import { parseKeepingNumbers } from "./number-text.ts";

/** Deeper nesting is refused: recursive parsers further on would run out of stack. */
const maxDepth = 100;

/**
 * Digits that a double can't hold, a fraction, an exponent or a negative zero, where a value can begin: what a round trip
 * could rewrite. Text that looks like it only costs the slower way.
 */
const fragileNumber = /(?:^|[\s:,[])(?:-0|-?\d+[.eE]|-?\d{16})/;

/**
 * Parses JSON so that `JSON.stringify` of the result means the same as the text: numbers that a double can't hold
 * (`12345678901234567890`, `1e400`) are kept as written. A key that came twice has its last value, once. Throws a
 * SyntaxError, also for more than 100,000 numbers that are kept so.
 */
export function parseJson(text: string): unknown {
  return fragileNumber.test(text) ? parseKeepingNumbers(text) : JSON.parse(text);
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

/** True when `value` nests deeper than is passed on. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (!isContainer(value)) return false;
  if (depth >= maxDepth) return true;
  // Without a list of the values or a function for each: an answer can hold millions of arrays with nothing in them.
  if (Array.isArray(value)) {
    for (const child of value as readonly unknown[]) if (isContainer(child) && isTooDeep(child, depth + 1)) return true;
    return false;
  }
  for (const key in value) {
    const child = (value as Readonly<Record<string, unknown>>)[key];
    if (isContainer(child) && isTooDeep(child, depth + 1)) return true;
  }
  return false;
}
