import type { ChainRange } from "../query.ts";
import { paragraph, type Section, tableOr } from "./document.ts";
import type { ReportData } from "./report-data.ts";
import { counted, moment } from "./words.ts";

const states: Readonly<Record<ChainRange["state"], string>> = {
  open: "open",
  ended: "ended",
  abandoned: "abandoned: its replica did not end as it should",
};

/** Which chains the figures are from, and how to prove that they are whole. */
export function integritySection({ from, to, chains, tally: { records, signed } }: ReportData): Section {
  const trimmed = chains.filter((range) => range.trimmed > 0 && range.first === range.trimmed + 1);
  const rows = chains.map((range) => {
    const { chain, replica, first, last, earliest, latest, state } = range;
    const place = signed.get(chain);
    return [
      ...[chain, replica, `${first} to ${last}`],
      last - first + 1,
      ...[moment(earliest), moment(latest)],
      place === undefined ? "none" : `record ${place.sequence}, ${moment(place.time)}`,
      states[state],
    ];
  });
  const period = `--from ${from.toISOString()} --to ${to.toISOString()}`;
  return {
    heading: "Integrity of the log",
    blocks: [
      paragraph(
        `This report is made of ${counted(records, "record")}. Each replica of the gateway writes a chain, in which every record names the SHA-256 of the one before it. What is before a signed record is unchanged if its signature is good: this report does not say so, the commands below do.`,
      ),
      tableOr(
        "There is no record in the period.",
        "Chains with records in the period; their state is that of now",
        ["Chain", "Replica", "Records", "Number", "From (UTC)", "To (UTC)", "Last signed", "State"],
        rows,
      ),
      ...(trimmed.length === 0
        ? []
        : [
            paragraph(
              `Older records of ${counted(trimmed.length, "chain")} were deleted from the database because they were kept long enough. What the period had of them is not in this report.`,
            ),
          ]),
      paragraph("To verify the log in the database, or to keep the period's records and verify these:"),
      {
        kind: "code",
        language: "sh",
        text: `npm run audit -- verify db\nnpm run audit -- export ${period} --format ocsf --output audit.jsonl\nnpm run audit -- verify audit.jsonl`,
      },
    ],
  };
}
