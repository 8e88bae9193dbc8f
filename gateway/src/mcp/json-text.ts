/** Deeper nesting is refused: recursive parsers further on would run out of stack. */
const maxDepth = 100;

// TypeScript's library has no types yet for JSON.parse source text access and JSON.rawJSON (ES2026).
const sourceText = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
};

/**
 * Digits that a double can't hold, a fraction, an exponent or a negative zero, where a value can begin: what a round trip
 * could rewrite. Text that looks like it only costs the slower way.
 */
const fragileNumber = /(?:^|[\s:,[])(?:-0|-?\d+[.eE]|-?\d{16})/;

/**
 * Parses JSON so that `JSON.stringify` of the result means the same as the text: numbers that a double can't hold
 * (`12345678901234567890`, `1e400`) are kept as written. A key that came twice has its last value, once. Throws a
 * SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!fragileNumber.test(text)) return JSON.parse(text);
  return sourceText.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source ? sourceText.rawJSON(source) : value,
  );
}

/** True when `value` nests deeper than is passed on. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth >= maxDepth) return true;
  return Object.values(value).some((child) => isTooDeep(child, depth + 1));
}
