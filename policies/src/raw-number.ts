/** Numbers that a reader of JSON kept as they were written (`JSON.rawJSON`, ES2026), because a double can't hold them. */

// TypeScript's library has no types yet for raw JSON.
const rawJson = JSON as unknown as { isRawJSON(value: unknown): value is { readonly rawJSON: string } };

/** The text of a number that was kept as it was written; undefined for every other value. */
export function rawNumberText(value: unknown): string | undefined {
  return rawJson.isRawJSON(value) ? value.rawJSON : undefined;
}

/** An object or a list; a number that was kept as text is neither. */
export function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null && !rawJson.isRawJSON(value);
}

// Longer exponents are those of no double. Without a limit one of a million digits would be computed with.
const exponentLengthMax = 9;

/** Digits and power of ten, one form for each number; undefined where the power is out of all bounds. */
function decimal(text: string): string | undefined {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === "" || exponent.length > exponentLengthMax) return undefined;
  const digits = whole + fraction;
  let [start, end] = [0, digits.length];
  while (digits[start] === "0") start += 1;
  // A loop, because a pattern for zeros at the end would look at every zero of a long number again and again.
  while (end > start && digits[end - 1] === "0") end -= 1;
  const power = Number(exponent) - fraction.length + digits.length - end;
  return start === end ? "0" : `${sign}${digits.slice(start, end)}e${power}`;
}

/**
 * A number as RFC 8785 (section 3.2.2.3) writes it, which is that of a double. A number that no double is has no form
 * there: it stands as it was written, so that two such numbers do not become one.
 */
export function canonicalNumber(text: string): string {
  const double = Number(text);
  const exact = decimal(text);
  return exact !== undefined && exact === decimal(String(double)) ? JSON.stringify(double) : text;
}
