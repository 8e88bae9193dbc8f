import { didYouMean } from "../src/did-you-mean.ts";
import { diffHosts } from "../src/diff/diff-hosts.ts";
import { type FindingKind, findingKinds } from "../src/diff/finding.ts";
import { failing, findingsOf, verdictOf } from "../src/diff/findings.ts";
import {
  type Diagnostic,
  type LoadResult,
  listHosts,
  loadHost,
  printDiagnostic,
  severityOf,
  visible,
} from "../src/load.ts";
import type { Day } from "../src/model.ts";
import { chooseFormat } from "./choose-format.ts";
import { hostOptions, policiesFolder } from "./choose-hosts.ts";
import { type Command, type ExitCode, type Output, parseOptions, UsageError } from "./command.ts";
import { dayOption, dayOrToday } from "./day-option.ts";
import { hostReports } from "./diff/host-reports.ts";
import { openFolder, openPolicies, type PolicySource } from "./diff/policy-source.ts";
import { commentLengthMax, renderMarkdown, renderMarkdownFindings } from "./diff/render-markdown.ts";
import { renderTerminal } from "./diff/render-terminal.ts";

const kinds = Object.keys(findingKinds) as readonly FindingKind[];

const help = `Usage: npm run policy -- diff <base> [<head>] [options]

Says what a change of the policy means: who gains and who loses which tool, and what else differs. <base> and <head>
are folders of hosts or git revisions such as main, HEAD~3 or a tag. Without <head> it is the folder as it is now.

Options:
  --policies <dir>   folder of the hosts               (policies/hosts of this project)
  --host <key>       compare this host only            (all hosts)
  --on <day>         the day for which it is said      (today, UTC)
  --format <form>    text, json, or markdown for a comment on a pull request            (text)
  --json             the same as --format json
  --length-max <n>   most characters of the markdown   (${commentLengthMax}, which is GitHub's limit)
  --fail-on <kinds>  exit with 1 when there is a change of one of these kinds, separated by commas:
${kinds.map((kind) => `      ${kind.padEnd(17)} ${findingKinds[kind]}`).join("\n")}
  --help             print this

Exit codes: 0 compared, whatever differs; 1 policies with errors, or --fail-on; 2 used wrongly.`;

function failOn(value: string | undefined): readonly FindingKind[] {
  return (value ?? "")
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "")
    .map((word) => {
      const kind = kinds.find((known) => known === word);
      if (kind !== undefined) return kind;
      throw new UsageError(`There is no kind ${JSON.stringify(word)} (${didYouMean(word, kinds, kinds.join(", "))}).`);
    });
}

const forms = ["text", "json", "markdown"] as const;

/** Less than this would not hold the frame of a comment. */
const lengthMaxMin = 2000;

function lengthMax(value: string | undefined): number {
  const number = value === undefined ? commentLengthMax : Number(value);
  if (Number.isInteger(number) && number >= lengthMaxMin) return number;
  throw new UsageError(`--length-max is a whole number from ${lengthMaxMin}, not ${JSON.stringify(value)}.`);
}

interface Loaded {
  readonly results: readonly (readonly [string, LoadResult])[];
  /** Of hosts that could not be loaded. */
  readonly errors: readonly Diagnostic[];
}

function load({ folder, label, named }: PolicySource, host: string | undefined, on: Day, output: Output): Loaded {
  const hosts = folder === undefined ? [] : (listHosts(folder) ?? []);
  const results = hosts
    .filter(({ key }) => host === undefined || key === host)
    .map(({ key, dir }) => {
      output.progress(visible(`reading ${key} of ${label}`));
      return [key, loadHost(dir, on)] as const;
    });
  const errors = results
    .flatMap(([, result]) => (result.ok ? [] : result.diagnostics))
    .filter(({ code }) => severityOf(code) === "error");
  return {
    results,
    errors: errors.map((found) => ({ ...found, file: named(found.file), message: named(found.message) })),
  };
}

const modelsOf = ({ results }: Loaded) => results.flatMap(([, result]) => (result.ok ? [result.host] : []));

interface Options {
  readonly host: string | undefined;
  readonly on: Day;
  readonly form: (typeof forms)[number];
  readonly kinds: readonly FindingKind[];
  readonly lengthMax: number;
}

function compare(base: PolicySource, head: PolicySource, options: Options, output: Output): ExitCode {
  const { host, on, form, lengthMax } = options;
  const [before, after] = [load(base, host, on, output), load(head, host, on, output)];
  output.progress();
  if (before.results.length + after.results.length === 0) {
    const what = host === undefined ? "no host" : `no host ${JSON.stringify(host)}`;
    throw new UsageError(`There is ${what} in ${base.label} nor in ${head.label}.`);
  }
  const names = { base: base.label, head: head.label, on };
  // A difference that could not be made must not look like one that is empty.
  const errors = [...before.errors, ...after.errors];
  if (errors.length > 0) {
    if (form === "json") output.line(JSON.stringify({ ok: false, ...names, diagnostics: errors }, null, 2));
    else if (form === "markdown") output.line(renderMarkdownFindings(errors, lengthMax));
    else for (const found of errors) output.line(printDiagnostic(found));
    if (form === "text") output.line("The policies could not be compared.");
    return 1;
  }
  const diff = diffHosts(modelsOf(before), modelsOf(after), on);
  const failed = failing(diff, options.kinds);
  const verdict = verdictOf(diff);
  if (form === "json") {
    output.line(
      JSON.stringify({ ok: true, ...names, verdict, findings: findingsOf(diff), failed, hosts: diff.hosts }, null, 2),
    );
  } else if (form === "markdown") {
    output.line(renderMarkdown({ ...names, verdict, failed, reports: hostReports(diff), lengthMax }));
  } else {
    for (const line of renderTerminal(verdict, hostReports(diff), output.colors)) output.line(line);
    for (const { text } of failed) output.line(`\nFails on: ${text}.`);
  }
  return failed.length > 0 ? 1 : 0;
}

/** `diff`: what a change of the policy means. */
export const diff: Command = {
  name: "diff",
  summary: "say what a change means: who gains and who loses which tool, and what else differs",
  help,
  run: (args, output) => {
    const { values, words } = parseOptions(
      args,
      {
        ...hostOptions,
        ...dayOption,
        format: { type: "string" },
        "length-max": { type: "string" },
        json: { type: "boolean", default: false },
        "fail-on": { type: "string" },
      },
      ["base", "head?"],
    );
    const options = {
      host: values.host,
      on: dayOrToday(values.on),
      form: chooseFormat(forms, values.format, values.json),
      kinds: failOn(values["fail-on"]),
      lengthMax: lengthMax(values["length-max"]),
    };
    const policies = policiesFolder(values.policies);
    const sources: PolicySource[] = [];
    try {
      const [from = "", to] = words;
      const base = openPolicies(from, policies);
      sources.push(base);
      const head = to === undefined ? openFolder(policies) : openPolicies(to, policies);
      sources.push(head);
      return compare(base, head, options, output);
    } finally {
      for (const source of sources) source.close();
    }
  },
};
