import { type Block, paragraph, type Section, tableOr } from "./document.ts";
import type { ReportData } from "./report-data.ts";
import { counted, moment } from "./words.ts";

/** What a reader must know of the period before any figure. */
function remarks({ to, generatedAt, from, oldest, tally }: ReportData): readonly Block[] {
  return [
    ...(to > generatedAt
      ? [paragraph("The period has not ended: the figures are those until this report was made.")]
      : []),
    ...(oldest === undefined || oldest > from
      ? [
          paragraph(
            oldest === undefined
              ? "The database has no record at all."
              : `The oldest record in the database is of ${moment(oldest)} UTC, which is later than the beginning of the period.`,
          ),
        ]
      : []),
    ...(tally.unread === 0
      ? []
      : [
          paragraph(
            `${counted(tally.unread, "record")} of another form than this version writes: they are in the last section and in no other figure.`,
          ),
        ]),
  ];
}

const rows = [
  ["allowed", "Allowed"],
  ["answered", "… answered by the server"],
  ["failed", "… failed"],
  ["cancelled", "… cancelled by the client"],
  ["unknown", "… of unknown outcome"],
] as const;

/** The figures of the period. */
export function summarySection(data: ReportData): Section {
  const { tools, others, earlierResults, denials, humans, agents, servers } = data.tally.calls;
  const open = ({ allowed, answered, failed, cancelled, unknown }: typeof tools) =>
    Math.max(0, allowed - answered - failed - cancelled - unknown);
  const byCount = denials.toSorted((a, b) => b.tools + b.others - a.tools - a.others || (a.code < b.code ? -1 : 1));
  return {
    heading: "Summary",
    blocks: [
      ...remarks(data),
      tableOr(
        "",
        "Who was active: made a request, allowed or denied",
        ["Who", "Number"],
        [
          ["Humans", humans],
          ["Agents (a client, for one human)", agents],
          ["MCP servers", servers],
        ],
      ),
      tableOr(
        "",
        "Calls by what became of them",
        ["Calls", "Of tools", "Of other requests"],
        [
          ...rows.map(([name, label]) => [label, tools[name], others[name]]),
          ["… without a result in the period", open(tools), open(others)],
          ["Denied", tools.denied, others.denied],
        ],
      ),
      ...(earlierResults === 0
        ? []
        : [
            paragraph(
              `Beside these, ${counted(earlierResults, "result")} of calls that were allowed before the period.`,
            ),
          ]),
      tableOr(
        "No call was denied.",
        "Denied calls by reason",
        ["Code", "Of tools", "Of other requests"],
        byCount.map((denial) => [denial.code, denial.tools, denial.others]),
      ),
    ],
  };
}
