import type { Command, ExitCode, Output } from "@permit-mcp-gateway/policies/cli/command";
import { parseOptions, UsageError } from "@permit-mcp-gateway/policies/cli/command";
import type { Problem } from "../../src/audit/verify/chain-check.ts";
import { createVerifier, type Verifier, type VerifyReport } from "../../src/audit/verify/verifier.ts";
import { printable } from "../printable.ts";
import { keySet } from "./key-set.ts";
import { readDatabase } from "./read-database.ts";
import { type PlacedLine, readFileLines, readLogGroup } from "./read-places.ts";

const help = `Usage: npm run audit -- verify <place>... [options]

Proves that an audit log is complete and unchanged: no record was changed, left out, added or put elsewhere, no chain lacks
its beginning or end, and each signature is of this host's key.

Places:
  <file>                       lines as exported or shipped (.gz is unpacked); several files are read as one log
  -                            standard input
  db                           the gateway's database, by the variables that the gateway has (DATABASE_URL, DATA_DIR, ...)
  cloudwatch:<log group>       by the AWS SDK's region and credentials

Options:
  --key <file or ARN>          public key of the host (npm run audit -- key prints it); may be given several times.
                               Without it, the key that the gateway's variables name
  --unsigned                   don't look at signatures: whoever could write the log could have replaced all of it
  --live                       a gateway still writes to these files
  --expires                    the place forgets what is old, so that chains may begin later than with their first record
  --format text|json

Exit code 0: complete and unchanged; 1: it is not; 2: it could not be checked.`;

/** Problems that are shown; a broken log can have as many as it has records. */
const shownMax = 50;
const progressEvery = 20_000;

const options = {
  key: { type: "string", multiple: true },
  unsigned: { type: "boolean" },
  live: { type: "boolean" },
  expires: { type: "boolean" },
  format: { type: "string", default: "text" },
} as const;

function readPlace(place: string, verifier: Verifier): AsyncIterable<PlacedLine> {
  if (place === "db") return readDatabase(process.env, verifier);
  if (place.startsWith("cloudwatch:")) return readLogGroup(place.slice("cloudwatch:".length));
  return readFileLines(place);
}

function problemLine({ code, chain, sequence, place, sentence }: Problem): string {
  const where = [
    ...(chain === undefined ? [] : [`chain ${chain}`]),
    ...(sequence === undefined ? [] : [`record ${sequence}`]),
    ...(place === undefined ? [] : [`at ${place}`]),
  ];
  return `${[code, ...where].join("  ")}: ${sentence}`;
}

function writeText(report: VerifyReport, signed: boolean, output: Output): void {
  const { records, repeats, chains, problems, openCalls } = report;
  for (const { chain, replica, from, to, lastTime, end, signedTo } of chains) {
    const signatures = signed
      ? signedTo === 0
        ? "no signature"
        : `signed to ${signedTo}`
      : "signatures not looked at";
    output.line(printable(`chain ${chain}  ${replica}  records ${from} to ${to}, ${lastTime}  ${end}  ${signatures}`));
  }
  for (const problem of problems.slice(0, shownMax)) output.line(printable(problemLine(problem)));
  if (problems.length > shownMax) output.line(`... and ${problems.length - shownMax} further problems.`);
  if (chains.length > 0) output.line("");
  const counted = `${records} records in ${chains.length} chains`;
  const again = repeats === 0 ? "" : `, ${repeats} of them delivered again`;
  const calls = openCalls === 0 ? "" : ` ${openCalls} calls have no result here (yet).`;
  if (problems.length > 0) output.line(`NOT PROVEN: ${problems.length} problems in ${counted}${again}.${calls}`);
  else if (!signed) output.line(`Unbroken, and not proven: signatures were not looked at. ${counted}${again}.${calls}`);
  else output.line(`Complete and unchanged: ${counted}${again}.${calls}`);
}

async function run(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, words: places } = parseOptions(args, options, ["place..."]);
  if (values.format !== "text" && values.format !== "json") throw new UsageError("--format is text or json.");
  if (values.unsigned === true && values.key !== undefined) throw new UsageError("Give --key or --unsigned, not both.");
  const signed = values.unsigned !== true;
  const keys = signed ? await keySet(values.key ?? [], process.env) : undefined;
  const live = values.live === true || places.every((place) => place === "db" || place.startsWith("cloudwatch:"));
  const verifier = createVerifier({ keys, asOf: new Date(), live, expires: values.expires === true });
  let count = 0;
  for (const place of places) {
    for await (const { line, place: at } of readPlace(place, verifier)) {
      const taken = verifier.take(line, at);
      if (taken !== undefined) await taken;
      count += 1;
      if (count % progressEvery === 0) output.progress(`${count} lines ...`);
    }
  }
  output.progress();
  const report = verifier.end();
  if (values.format === "json") output.line(JSON.stringify({ ...report, signed }, undefined, 2));
  else writeText(report, signed, output);
  if (report.records === 0 && report.problems.length === 0) {
    output.note("There are no records there: nothing was proven.");
    return 2;
  }
  return report.problems.length === 0 ? 0 : 1;
}

/** Proves a log, or says where it is broken. */
export const verify: Command = {
  name: "verify",
  summary: "prove that a log is complete and unchanged, or say where it is not",
  help,
  run,
};
