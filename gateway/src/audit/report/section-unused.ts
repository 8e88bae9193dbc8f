import { type Block, paragraph, type Section, tableOr } from "./document.ts";
import { canChange, type PolicyChange } from "./grant-edits.ts";
import type { ReportData } from "./report-data.ts";
import type { UnusedGrant } from "./unused-grants.ts";
import { counted } from "./words.ts";

const heading = "Unused grants";

/** What to do about one. */
function advice({ line, used, ceiling }: UnusedGrant): string {
  const { source, group, needed, neededBy } = line;
  const place = `${source.file}:${source.line}`;
  const of = group === undefined ? "the grant" : `the grant of the group ${group}`;
  if (!canChange(line)) {
    const [first, ...others] = neededBy;
    const who = `${first ?? "another member"}${others.length === 0 ? "" : ` and ${counted(others.length, "other")}`}`;
    return `keep ${of} (${place}): ${who} used ${needed ?? ceiling}`;
  }
  if (needed === undefined) return `remove ${of} (${place})`;
  const more = group !== undefined && needed !== used ? `, which ${neededBy.join(", ")} used` : "";
  return `lower ${of} to ${needed} (${place})${more}`;
}

function change({ file, diff, byHand }: PolicyChange): readonly Block[] {
  return [
    paragraph(
      `The change of ${file} that does so. It takes from nobody what they used. Check it as any other change of the policy (npm run policy -- check, diff, test): who has used something in another period is not known here.`,
    ),
    ...(diff === "" ? [] : [{ kind: "code", language: "diff", text: diff } as const]),
    ...(byHand.length === 0
      ? []
      : [
          {
            kind: "list",
            items: byHand.map(({ source: { line, column }, server, needed }) =>
              needed === undefined
                ? `${file}:${line}:${column}: remove this grant at ${server} by hand; it shares its line with others.`
                : `${file}:${line}:${column}: lower this grant at ${server} to ${needed} by hand.`,
            ),
          } as const,
        ]),
  ];
}

/** Grants of the policy that nobody used up to their ceiling, and the change that takes them away. */
export function unusedSection({ unused: part, from, to }: ReportData): Section {
  if ("missing" in part) return { heading, blocks: [paragraph(part.missing)] };
  const { folder, ceilings, unused, change: found } = part;
  const days = Math.max(1, Math.round((to.getTime() - from.getTime()) / 86_400_000));
  return {
    heading,
    blocks: [
      paragraph(
        `The policy in ${folder}, as it is now, sets ${counted(ceilings, "ceiling")}. Each is compared with the highest trust of any call that was allowed in the ${counted(days, "day")} of the period; one that was set within it had less time to be used.`,
      ),
      tableOr(
        "Every ceiling was used up to its level.",
        "Ceilings that were not used up to their level",
        ["Human", "Server", "Ceiling", "Used", "Proposal"],
        unused.map((each) => [each.human, each.server, each.ceiling, each.used ?? "nothing", advice(each)]),
      ),
      ...(found === undefined ? [] : change(found)),
    ],
  };
}
