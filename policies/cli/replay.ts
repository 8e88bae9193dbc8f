import { createReadStream, statSync } from "node:fs";
import { loadHost, printDiagnostic, severityOf, visible } from "../src/load.ts";
import type { HostModel } from "../src/model.ts";
import { replay as replayDecision } from "../src/replay.ts";
import { chooseHosts, policiesFolder } from "./choose-hosts.ts";
import { type Command, type Output, parseOptions, UsageError } from "./command.ts";
import { dayOption, dayOrToday } from "./day-option.ts";
import { openFolder, openPolicies } from "./diff/policy-source.ts";
import { printReplay } from "./replay/print-replay.ts";
import { readDecision } from "./replay/read-decision.ts";
import { lineLengthMax, readLines } from "./replay/read-lines.ts";
import { Tally } from "./replay/tally.ts";

const help = `Usage: npm run policy -- replay <audit.jsonl> [options]

Decides the calls of an audit log again, under the policy as it is now or as it would be: which answers would flip. The
log has one OCSF event a line, as the gateway writes and ships it; other events, and lines of the log around them, are
passed over. \`-\` reads standard input. A record need not say the consent of its agent: where the answer depends on
it, replay says that it can't tell.

Options:
  --against <policy>  folder of hosts, or a git revision   (policies/hosts of this project)
  --policies <dir>    folder of the hosts, of which --against names a revision
  --host <key>        records of this host only            (all hosts)
  --on <day>          the day for which it is decided      (the day of each record)
  --fail-on <result>  exit with 1 when an answer flips to this: denied, allowed or denied,allowed
  --json              print one JSON object instead of a table
  --help              print this

Exit codes: 0 decided, whatever flips; 1 lines that can't be read, no decision at all, policies with errors, or
--fail-on; 2 used wrongly.`;

const results = ["denied", "allowed"] as const;

function failOn(value: string | undefined): readonly (typeof results)[number][] {
  const words = (value ?? "").split(",").filter((word) => word !== "");
  return words.map((word) => {
    const known = results.find((result) => result === word.trim());
    if (known !== undefined) return known;
    throw new UsageError(`--fail-on is denied, allowed or denied,allowed, not ${JSON.stringify(value)}.`);
  });
}

function open(file: string): AsyncIterable<Buffer> {
  if (file === "-") return process.stdin;
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() !== false) {
    throw new UsageError(`There is no file ${JSON.stringify(file)}.`);
  }
  return createReadStream(file);
}

/** The hosts of the policy; undefined when one has errors, which are printed. */
function loadModels(
  against: string | undefined,
  policies: string,
  host: string | undefined,
  output: Output,
): { readonly label: string; readonly models: ReadonlyMap<string, HostModel> } | undefined {
  const source = against === undefined ? openFolder(policies) : openPolicies(against, policies);
  try {
    if (source.folder === undefined) throw new UsageError(`There are no hosts in ${source.label}.`);
    const loaded = chooseHosts(source.folder, host).map(({ dir }) => loadHost(dir));
    const errors = loaded
      .flatMap((result) => (result.ok ? [] : result.diagnostics))
      .filter(({ code }) => severityOf(code) === "error");
    for (const found of errors) {
      output.note(printDiagnostic({ ...found, file: source.named(found.file), message: source.named(found.message) }));
    }
    if (errors.length > 0) return undefined;
    const hosts = loaded.flatMap((result) => (result.ok ? [result.host] : []));
    return { label: source.label, models: new Map(hosts.map((model) => [model.key, model])) };
  } finally {
    source.close();
  }
}

/** `replay`: which past decisions would flip under this policy. */
export const replay: Command = {
  name: "replay",
  summary: "decide the calls of an audit log again: which answers would flip",
  help,
  run: async (args, output) => {
    const { values, words } = parseOptions(
      args,
      {
        against: { type: "string" },
        policies: { type: "string" },
        host: { type: "string" },
        ...dayOption,
        "fail-on": { type: "string" },
        json: { type: "boolean", default: false },
      },
      ["audit.jsonl"],
    );
    const on = values.on === undefined ? undefined : dayOrToday(values.on);
    const failing = failOn(values["fail-on"]);
    const chunks = open(words[0] ?? "");
    const policy = loadModels(values.against, policiesFolder(values.policies), values.host, output);
    if (policy === undefined) return 1;

    const tally = new Tally();
    for await (const { number, text } of readLines(chunks)) {
      if (number % 50_000 === 0) output.progress(`${number.toLocaleString("en-US")} lines`);
      if (text === "") continue;
      const content = text === undefined ? { problem: `longer than ${lineLengthMax} characters` } : readDecision(text);
      if ("problem" in content) tally.addProblem(number, content.problem);
      else if (content.decision === undefined) tally.counts.otherLines += 1;
      else if (values.host === undefined || content.decision.host === values.host) {
        const { decision } = content;
        if (tally.isRepeated(decision.id)) continue;
        tally.add(decision, replayDecision(policy.models.get(decision.host), decision, on), number);
      }
    }
    output.progress();

    const { counts, problems, problemsTotal, callsWithoutRow } = tally;
    const isRead = problemsTotal === 0 && counts.decisions > 0;
    const isFine = isRead && !failing.some((result) => counts[result] > 0);
    if (values.json) {
      const all = { ok: isFine, against: policy.label, on: on ?? null, ...counts, rows: tally.rows(), callsWithoutRow };
      output.line(JSON.stringify({ ...all, problems, problemsTotal }, null, 2));
    } else if (counts.decisions > 0) for (const line of printReplay(tally, policy.label, on)) output.line(line);
    for (const { line, problem } of problems) output.note(visible(`line ${line}: ${problem}`));
    if (problemsTotal > problems.length)
      output.note(`… and ${problemsTotal - problems.length} more lines that can't be read`);
    if (counts.decisions === 0) output.note("There is no decision in it.");
    return isFine ? 0 : 1;
  },
};
