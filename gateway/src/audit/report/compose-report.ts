import { paragraph, type ReportDocument } from "./document.ts";
import type { ReportData } from "./report-data.ts";
import { changesSection } from "./section-changes.ts";
import { consentsSection } from "./section-consents.ts";
import { integritySection } from "./section-integrity.ts";
import { summarySection } from "./section-summary.ts";
import { approvalsSection, toolsSection } from "./section-tools.ts";
import { unusedSection } from "./section-unused.ts";
import { moment } from "./words.ts";

/** The report. Pure. */
export function composeReport(data: ReportData): ReportDocument {
  const { from, to, generatedAt, hosts } = data;
  const of = hosts.length === 0 ? "" : ` of ${hosts.join(", ")}`;
  return {
    title: `Access of AI agents to MCP servers${of}`,
    language: "en",
    blocks: [
      paragraph(
        `From ${moment(from)} to ${moment(to)} UTC, the end exclusive. Made at ${moment(generatedAt)} UTC from the audit log of the gateway.`,
      ),
    ],
    sections: [
      summarySection(data),
      consentsSection(data),
      changesSection(data),
      approvalsSection(data),
      toolsSection(data),
      unusedSection(data),
      integritySection(data),
    ],
  };
}
