import { canonicalNumber, rawNumberText } from "./raw-number.ts";

/**
 * JSON in one form only, so that equal values have equal texts: names sorted by UTF-16 code units, no white space, text
 * and numbers as ECMAScript writes them (RFC 8785, JSON Canonicalization Scheme). Takes what `JSON.parse` gives, and
 * numbers that were kept as text (`canonicalNumber`); a name whose value is undefined is left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const number = rawNumberText(value);
  if (number !== undefined) return canonicalNumber(number);
  // Written by hand, because an object keeps names such as "10" and "9" in the order of their numbers.
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
