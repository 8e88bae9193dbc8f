/** A place in a text and what is wrong there. */
export interface TextFinding {
  /** Offset in UTF-16 code units. */
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
}

// Control (Cc, but for tab and line breaks) and format characters (Cf: zero-width, bidirectional). With them a line can
// show something else than what it says: https://www.unicode.org/reports/tr36/
const invisible = /[^\P{Cc}\t\n\r]|\p{Cf}|[\u2028\u2029\u115F\u1160\u3164\uFFA0]/gu;

/** `U+200B`, the way Unicode writes a code point. */
export function codePoint(point: number): string {
  return `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** The invisible characters of a text, the first of each line. */
export function findInvisible(text: string): readonly TextFinding[] {
  const findings: TextFinding[] = [];
  let lineEnd = 0;
  for (const { index, 0: char } of text.matchAll(invisible)) {
    if (index < lineEnd) continue;
    const next = text.indexOf("\n", index);
    lineEnd = next === -1 ? text.length : next;
    findings.push({
      offset: index,
      message: `The invisible character ${codePoint(char.codePointAt(0) ?? 0)} is here.`,
      hint: "remove it: reviewers must see all there is",
    });
  }
  return findings;
}
