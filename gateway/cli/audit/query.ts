import { type Command, type Output, parseOptions, UsageError } from "@permit-mcp-gateway/policies/cli/command";
import { type AuditFilter, type AuditReader, matching, type ReadRow, readRow } from "../../src/audit/query.ts";
import { flatRecord, withResult } from "../../src/audit/query-columns.ts";
import { jsonLine, tableLines } from "../../src/audit/query-text.ts";
import { choose, filterHelp, filterOptions, readFilter } from "./filter-options.ts";
import { type OpenLog, openOwnLog, withLog } from "./open-log.ts";

/** They are held until the newest is last. */
const limitMax = 10_000;

const help = `Usage: npm run audit -- query [options]

Prints records of the audit log, the newest last: time, decision, human via agent, what it was about, code, reason. Reads the
gateway's database, by the variables that the gateway has (DATABASE_URL, DATA_DIR, ...).

Options:
${filterHelp}
  --limit <number>           the newest so many, at most ${limitMax}                                     (100)
  --with-results             what became of each call that was allowed, behind its reason
  --format text|jsonl        jsonl: the columns of \`export --format jsonl\`                         (text)
  --help                     print this

Results of calls (call_result) and signatures of the log (log_checkpoint) are listed where --event, --code or --reason ask
for them.

Exit codes: 0 also when nothing is found; 2 used wrongly, or the database can't be used.`;

const options = {
  ...filterOptions,
  limit: { type: "string", default: "100" },
  "with-results": { type: "boolean", default: false },
  format: { type: "string", default: "text" },
} as const;

function limitOf(value: string): number {
  const limit = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= limitMax) return limit;
  throw new UsageError(`--limit is a number from 1 to ${limitMax}. To have all, use export.`);
}

/** Without what would hide the decisions, unless it was asked for. */
function leavingOut(filter: AuditFilter): AuditFilter {
  const asked = filter.event ?? filter.code ?? filter.reason;
  return asked === undefined ? { ...filter, without: ["call_result", "log_checkpoint"] } : filter;
}

async function newest(reader: AuditReader, filter: AuditFilter, limit: number): Promise<readonly ReadRow[]> {
  const found: ReadRow[] = [];
  const ranges = await reader.ranges(filter);
  for await (const read of matching(reader.rows(ranges, filter, true), filter)) {
    if (found.push(read) === limit) break;
  }
  return found.toReversed();
}

async function flatRecords(reader: AuditReader, found: readonly ReadRow[], withResults: boolean) {
  if (!withResults) return found.map(flatRecord);
  const results = await reader.results(found.filter(({ row }) => row.decision === "allow").map(({ row }) => row.id));
  return found.map((read) => {
    const result = results.get(read.row.id);
    return withResult(flatRecord(read), result === undefined ? undefined : flatRecord(readRow(result)));
  });
}

/** `query` of a log. */
export function queryCommand(open: OpenLog): Command {
  return {
    name: "query",
    summary: "print records that a filter means, the newest last",
    help,
    run: (args: readonly string[], output: Output) => {
      const { values } = parseOptions(args, options);
      const filter = leavingOut(readFilter(values));
      const limit = limitOf(values.limit);
      const format = choose("format", ["text", "jsonl"], values.format);
      return withLog(open, output, async (reader) => {
        const found = await newest(reader, filter, limit);
        const records = await flatRecords(reader, found, values["with-results"]);
        const lines = format === "jsonl" ? records.map(jsonLine) : tableLines(records);
        for (const line of lines) output.line(line);
        if (lines.length === 0) output.note("No record is like that.");
        return 0;
      });
    },
  };
}

/** `query` of the log of this process's environment. */
export const query = queryCommand(openOwnLog);
