import type { Finding } from "../../src/diff/finding.ts";
import { type Diagnostic, printDiagnostic } from "../../src/load.ts";
import { codeSpan, diffBlock, markdownText } from "./markdown.ts";
import type { Entry, HostReport, Section, Weight } from "./report.ts";

/** First line of every comment, by which it is found again and updated: one comment for each pull request. */
export const commentMarker = "<!-- permit-mcp-gateway policy -->";

/** Longest comment that GitHub takes, in characters. */
export const commentLengthMax = 65_536;

const marks: Readonly<Record<Weight, string>> = { danger: "🔴", more: "🟠", less: "🟢", other: "⚪" };
const legend =
  "🔴 reaches tools that destroy · 🟠 more access or less security · 🟢 less access or more security · ⚪ other";

export interface MarkdownInput {
  readonly base: string;
  readonly head: string;
  readonly on: string;
  readonly verdict: string;
  readonly failed: readonly Finding[];
  readonly reports: readonly HostReport[];
  /** Most characters. */
  readonly lengthMax: number;
}

function entryText({ weight, line, details, comparison }: Entry): string {
  return [
    `- ${marks[weight]} ${markdownText(line)}`,
    ...details.map((detail) => `  - ${markdownText(detail)}`),
    ...(comparison === undefined ? [] : ["", ...diffBlock(comparison, "  "), ""]),
  ].join("\n");
}

const heading = ({ host, state }: HostReport) => `#### ${codeSpan(host)}${state === "different" ? "" : ` (${state})`}`;
const opening = ({ title, entries }: Section) =>
  `<details open><summary><b>${title}</b> (${entries.length})</summary>\n`;
const closing = "\n</details>";
/** Room for what is said of the entries that are left out of a section. */
const moreRoom = 40;

/** The entries that fit: the heaviest of all hosts first, so that what is left out is what matters least. */
function fitting(reports: readonly HostReport[], room: number): ReadonlyMap<Entry, string> {
  const chosen = new Map<Entry, string>();
  const opened = new Set<HostReport | Section>();
  let left = room;
  for (const wanted of ["danger", "more", "other", "less"] as const) {
    for (const report of reports) {
      for (const section of report.sections) {
        for (const entry of section.entries) {
          if (entry.weight !== wanted) continue;
          const text = entryText(entry);
          const frame =
            (opened.has(report) ? 0 : heading(report).length + 3) +
            (opened.has(section) ? 0 : opening(section).length + closing.length + moreRoom);
          if (frame + text.length + 1 > left) continue;
          left -= frame + text.length + 1;
          opened.add(report).add(section);
          chosen.set(entry, text);
        }
      }
    }
  }
  return chosen;
}

function sectionText(section: Section, chosen: ReadonlyMap<Entry, string>): readonly string[] {
  const texts = section.entries.flatMap((entry) => chosen.get(entry) ?? []);
  if (texts.length === 0) return [];
  const left = section.entries.length - texts.length;
  return [opening(section), ...texts, ...(left === 0 ? [] : [`- … and ${left} more`]), closing];
}

/** A difference as a comment on a pull request, of at most `lengthMax` characters. */
export function renderMarkdown({ base, head, on, verdict, failed, reports, lengthMax }: MarkdownInput): string {
  const top = [
    commentMarker,
    `### Policy: ${verdict}`,
    "",
    `From ${codeSpan(base)} to ${codeSpan(head)}, on ${on}.`,
    ...failed.map(({ kinds, text }) => `\n**Fails on** ${kinds.join(", ")}: ${text}.`),
  ].join("\n");
  const all = reports.flatMap(({ sections }) => sections.flatMap(({ entries }) => entries));
  if (all.length === 0) return top;
  const more = (number: number) => `… and ${number} more changes. \`npm run policy -- diff\` shows all of them.`;
  const chosen = fitting(reports, lengthMax - top.length - legend.length - more(all.length).length - 10);
  const body = reports.flatMap((report) => {
    const sections = report.sections.flatMap((section) => sectionText(section, chosen));
    return sections.length === 0 ? [] : ["", heading(report), "", ...sections];
  });
  const left = all.length - chosen.size;
  return [top, ...body, "", ...(left === 0 ? [] : [more(left), ""]), legend].join("\n");
}

/** What is said where the policies have errors, so that there is no difference. */
export function renderMarkdownFindings(findings: readonly Diagnostic[], lengthMax: number): string {
  const top = `${commentMarker}\n### Policy: the files have errors, so they could not be compared\n`;
  const lines = findings.map((finding) => `- ${codeSpan(printDiagnostic(finding))}`);
  let left = lengthMax - top.length - 100;
  const shown = lines.filter((line) => {
    left -= line.length + 1;
    return left >= 0;
  });
  const more = lines.length > shown.length ? [`- … and ${lines.length - shown.length} more`] : [];
  return [top, ...shown, ...more].join("\n");
}
