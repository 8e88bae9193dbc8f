import { type Command, type Output, parseOptions, UsageError } from "@permit-mcp-gateway/policies/cli/command";
import { standingGrants } from "../../src/adapters/audit-query-grants.ts";
import type { Database } from "../../src/adapters/database.ts";
import { type AuditReader, matching } from "../../src/audit/query.ts";
import { composeReport } from "../../src/audit/report/compose-report.ts";
import { renderHtml } from "../../src/audit/report/render-html.ts";
import { renderMarkdown } from "../../src/audit/report/render-markdown.ts";
import type { ReportData } from "../../src/audit/report/report-data.ts";
import { listedMax, tallyRecords } from "../../src/audit/report/tally-records.ts";
import { choose, periodOptions, readPeriod } from "./filter-options.ts";
import { type OpenLog, openOwnLog, withLog } from "./open-log.ts";
import { type PolicyFolder, readPolicyFolder, unusedPart } from "./policy-folder.ts";
import { writeOutput } from "./write-output.ts";

const progressEvery = 5_000;

const help = `Usage: npm run audit -- report --from <time> --to <time> [options]

Makes a report of a period for those who have to account for it: calls, consents, changes, tools, grants that nobody used and
the change of the policy that takes them away, and how to prove that the log is whole. Reads the gateway's database, by the
variables that the gateway has (DATABASE_URL, DATA_DIR, ...).

Options:
  --from <time>              RFC 3339, or a day, which begins at midnight UTC
  --to <time>                exclusive: --from 2026-07-01 --to 2026-08-01 is July
  --format markdown|html     html: one file that needs nothing else and is made to be printed          (markdown)
  --policy <folder>          the host's policy, to find unused grants   (policies/hosts/<HOST_KEY>, where that is set)
  --output <file>            a new file that only its owner can read; nothing is ever written over     (standard output)
  --help                     print this

Exit codes: 0 the report is made; 2 used wrongly, or the database or the policy can't be used.`;

const options = {
  ...periodOptions,
  format: { type: "string", default: "markdown" },
  policy: { type: "string" },
  output: { type: "string" },
} as const;

/** Of a period that has not ended, now. */
const endOf = ({ to, generatedAt }: Pick<ReportData, "to" | "generatedAt">) =>
  new Date(Math.min(to.getTime(), generatedAt.getTime()));

async function collect(
  reader: AuditReader,
  database: Database,
  period: Pick<ReportData, "from" | "to" | "generatedAt">,
  policy: PolicyFolder,
  output: Output,
): Promise<ReportData> {
  const all = await reader.ranges({});
  const chains = await reader.ranges(period);
  const tally = await tallyRecords(matching(reader.rows(chains, period), period), period.from, (count) => {
    if (count % progressEvery === 0) output.progress(`${count.toLocaleString("en-US")} records ...`);
  });
  output.progress();
  const hosts = [...new Set(all.map(({ host }) => host))].toSorted();
  return {
    ...period,
    ...{ hosts, tally, chains },
    oldest: all[0]?.earliest,
    standing: await standingGrants(database, endOf(period), listedMax),
    unused: unusedPart(policy, tally.calls.uses, hosts, period.generatedAt),
  };
}

/** `report` of a log. `now` is when it says that it was made. */
export function reportCommand(
  open: OpenLog,
  hostKey: () => string | undefined,
  now: () => Date = () => new Date(),
): Command {
  return {
    name: "report",
    summary: "make a report of a period: calls, consents, changes, unused grants",
    help,
    run: (args: readonly string[], output: Output) => {
      const { values } = parseOptions(args, options);
      const { from, to } = readPeriod(values);
      if (from === undefined || to === undefined) throw new UsageError("Say of which period, with --from and --to.");
      const format = choose("format", ["markdown", "html"], values.format);
      const policy = readPolicyFolder(values.policy, hostKey());
      return withLog(open, output, async (reader, database) => {
        await writeOutput(values.output, output, async (write) => {
          const period = { from, to, generatedAt: now() };
          const document = composeReport(await collect(reader, database, period, policy, output));
          await write(format === "html" ? renderHtml(document) : renderMarkdown(document));
        });
        if (values.output !== undefined) output.note(`The report is in ${values.output}`);
        return 0;
      });
    },
  };
}

/** `report` of the log of this process's environment. */
export const report = reportCommand(openOwnLog, () => process.env.HOST_KEY);
