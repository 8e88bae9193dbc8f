import { paragraph, type Section, tableOr } from "./document.ts";
import type { ReportData } from "./report-data.ts";
import type { ToolCounts } from "./tally-calls.ts";
import { counted } from "./words.ts";

const topMax = 10;

function top(tools: readonly ToolCounts[], by: "allowed" | "denied") {
  const place = ({ server, tool }: ToolCounts) => `${server ?? ""}/${tool ?? ""}`;
  return tools
    .filter((tool) => tool[by] > 0)
    .toSorted((a, b) => b[by] - a[by] || (place(a) < place(b) ? -1 : 1))
    .slice(0, topMax)
    .map(({ server, tool, allowed, denied, failed }) => [
      ...[server ?? "(no server)", tool ?? "(no tool of the policy)"],
      ...[allowed, failed, denied],
    ]);
}

/** The tools that were asked for most. */
export function toolsSection({ tally: { calls } }: ReportData): Section {
  const head = ["Server", "Tool", "Allowed", "of these failed", "Denied"];
  const { byTool, otherTools } = calls;
  return {
    heading: "Tools",
    blocks:
      otherTools === undefined ? [] : [paragraph("There are more tools than are told apart; the rest is left out.")],
    sections: [
      {
        heading: "Most calls",
        blocks: [tableOr("No tool was called.", "Tools by calls that were allowed", head, top(byTool, "allowed"))],
      },
      {
        heading: "Most denials",
        blocks: [tableOr("No call was denied.", "Tools by calls that were denied", head, top(byTool, "denied"))],
      },
    ],
  };
}

/** Calls that had to wait for a human's approval. */
export function approvalsSection({ tally: { calls } }: ReportData): Section {
  const { under, needed } = calls.approvals;
  const made =
    under === 0 ? "No call was made under an approval." : `${counted(under, "call")} made under an approval.`;
  const denied =
    needed === 0
      ? "No approval was asked for: the policy demands one for none of the calls that were made."
      : `${counted(needed, "call")} denied because the policy demands an approval, which this gateway can't ask for yet (APPROVAL_REQUIRED).`;
  return { heading: "Approvals", blocks: [paragraph(`${denied} ${made}`)] };
}
