import type { ToolTerms } from "../../src/diff/host-diff.ts";
import { own, say, some, type Text } from "./text.ts";

const pathsMax = 20;

const recordedText = ({ audit }: ToolTerms) => audit.arguments ?? "as the server or host says";

/** What a tool says itself of the audit of its calls, where it says something else. */
export function auditTexts(before: ToolTerms, after: ToolTerms): readonly Text[] {
  const without = (all: readonly string[], others: readonly string[]) => all.filter((path) => !others.includes(path));
  const redacted = without(after.audit.redact, before.audit.redact);
  const shown = without(before.audit.redact, after.audit.redact);
  return [
    ...(before.audit.arguments === after.audit.arguments
      ? []
      : [own(`arguments in the audit log ${recordedText(before)} -> ${recordedText(after)}`)]),
    ...(redacted.length === 0
      ? []
      : [
          say`${own("redacts")} ${some(
            redacted.map((path) => say`${path}`),
            pathsMax,
          )}`,
        ]),
    ...(shown.length === 0
      ? []
      : [
          say`${own("no longer redacts")} ${some(
            shown.map((path) => say`${path}`),
            pathsMax,
          )}`,
        ]),
  ];
}
