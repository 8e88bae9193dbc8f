import { type Command, type Output, parseOptions } from "@permit-mcp-gateway/policies/cli/command";
import { type AuditFilter, type AuditReader, matching } from "../../src/audit/query.ts";
import { columnMeanings, flatRecord } from "../../src/audit/query-columns.ts";
import { csvHeader, csvLine, jsonLine } from "../../src/audit/query-text.ts";
import { exportOcsf, sealExport } from "./export-ocsf.ts";
import { choose, filterHelp, filterOptions, isWhole, readFilter } from "./filter-options.ts";
import { type OpenLog, openOwnLog, withLog } from "./open-log.ts";
import { type OpenSealKey, openOwnSealKey } from "./seal-key.ts";
import { type WriteText, writeOutput } from "./write-output.ts";

const progressEvery = 5_000;

const columns = Object.entries(columnMeanings).map(([name, meaning]) => `  ${name.padEnd(18)}${meaning}`);

const help = `Usage: npm run audit -- export [options]

Writes records of the audit log, all of them without a filter. Reads the gateway's database, by the variables that the
gateway has (DATABASE_URL, DATA_DIR, ...).

Options:
${filterHelp}
  --format jsonl|csv|ocsf    one JSON object a line with the columns below, by time (default);
                             the same columns as CSV (RFC 4180): a text that begins with = + - @, tab or carriage return
                             has an apostrophe before it, so that no spreadsheet takes it for a formula;
                             the OCSF events byte for byte, chain by chain, so that \`verify\` can check them. With all
                             records of a period, they are closed by a signed line that says what there is
  --output <file>            a new file that only its owner can read; nothing is ever written over (standard output)
  --help                     print this

Columns:
${columns.join("\n")}

Exit codes: 0 also when nothing is found; 2 used wrongly, or the database can't be used.`;

const options = {
  ...filterOptions,
  format: { type: "string", default: "jsonl" },
  output: { type: "string" },
} as const;

/** Counts what passes, for people who wait. */
function counted(write: WriteText, output: Output) {
  let count = 0;
  return {
    count: () => count,
    write: async (text: string) => {
      count += 1;
      if (count % progressEvery === 0) output.progress(`${count.toLocaleString("en-US")} records ...`);
      await write(text);
    },
  };
}

/** Writes the rows by time. Returns how many of them have columns only, because their lines are none of this version. */
async function exportFlat(reader: AuditReader, filter: AuditFilter, lineOf: typeof jsonLine, write: WriteText) {
  const ranges = await reader.ranges(filter);
  let unread = 0;
  for await (const read of matching(reader.rows(ranges, filter), filter)) {
    if (read.record === undefined) unread += 1;
    await write(lineOf(flatRecord(read)));
  }
  return unread;
}

const unreadNote = (unread: number) =>
  `${unread} of the records are of another form than this version writes: of these there is only what the database says.`;
const noSeal =
  "The export has no closing line: there is no key here to sign it with (AUDIT_KEY_FILE or AUDIT_KEY_KMS_ARN of the gateway).";
const partNote =
  "With a filter an export has parts of chains only, of which `verify` can't say that they are complete.";

/** `export` of a log. `now` is when a closing line says that it was made. */
export function exportCommand(open: OpenLog, openKey: OpenSealKey, now: () => Date = () => new Date()): Command {
  const ocsf = async (reader: AuditReader, filter: AuditFilter, write: WriteText, output: Output) => {
    const counting = counted(write, output);
    const heads = await exportOcsf(reader, await reader.ranges(filter), filter, counting.write);
    if (counting.count() > 0 && !isWhole(filter)) output.note(partNote);
    else if (counting.count() > 0) {
      const seal = await sealExport(heads, filter, now(), openKey);
      if (seal === undefined) output.note(noSeal);
      else await write(`${seal}\n`);
    }
    return counting.count();
  };
  const flat = async (reader: AuditReader, filter: AuditFilter, csv: boolean, write: WriteText, output: Output) => {
    const counting = counted(write, output);
    if (csv) await write(`${csvHeader}\r\n`);
    const lineOf = csv
      ? (...args: Parameters<typeof csvLine>) => `${csvLine(...args)}\r\n`
      : (...args: Parameters<typeof jsonLine>) => `${jsonLine(...args)}\n`;
    const unread = await exportFlat(reader, filter, lineOf, counting.write);
    if (unread > 0) output.note(unreadNote(unread));
    return counting.count();
  };
  return {
    name: "export",
    summary: "write records as JSON lines, as CSV, or as OCSF events that can be verified",
    help,
    run: (args: readonly string[], output: Output) => {
      const { values } = parseOptions(args, options);
      const filter = readFilter(values);
      const format = choose("format", ["jsonl", "csv", "ocsf"], values.format);
      return withLog(open, output, async (reader) => {
        let count = 0;
        await writeOutput(values.output, output, async (write) => {
          count = await (format === "ocsf"
            ? ocsf(reader, filter, write, output)
            : flat(reader, filter, format === "csv", write, output));
        });
        output.progress();
        const records = `${count.toLocaleString("en-US")} ${count === 1 ? "record" : "records"}`;
        if (count === 0) output.note("No record is like that.");
        else if (values.output !== undefined) output.note(`${records} in ${values.output}`);
        return 0;
      });
    },
  };
}

/** `export` of the log of this process's environment. */
export const exportLog = exportCommand(openOwnLog, openOwnSealKey);
