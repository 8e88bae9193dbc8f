import { byText } from "./by-text.ts";
import type { DiagnosticCode } from "./diagnostic-codes.ts";
import type { SourcePosition } from "./model.ts";

/** One thing that is wrong in the policy files: where, what, and what to do. Line and column are 1-based. */
export interface Diagnostic extends SourcePosition {
  readonly code: DiagnosticCode;
  /** A sentence that says what is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/**
 * Text for a terminal: control and invisible characters are written as `\u{...}`. Findings quote files; unescaped, a
 * value could erase lines of the terminal, or forge a line of its own in a CI log.
 */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (char) => {
    return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** One line: `file:line:col code: message (hint)`. Control and invisible characters come out as `\u{...}`. */
export function printDiagnostic({ file, line, column, code, message, hint }: Diagnostic): string {
  return visible(`${file}:${line}:${column} ${code}: ${message} (${hint})`);
}

/** Order for printing: by file, then line, column and code. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return byText(a.file, b.file) || a.line - b.line || a.column - b.column || byText(a.code, b.code);
}
