import { dayOf } from "../src/day-of.ts";
import { findSharedEnvironments } from "../src/environment-unique.ts";
import { type Diagnostic, type LoadResult, loadHost, printDiagnostic, severityOf, visible } from "../src/load.ts";
import { githubAnnotation } from "./check/github-annotations.ts";
import { sarifLog } from "./check/sarif.ts";
import { chooseFormat } from "./choose-format.ts";
import { chooseHosts, hostOptions, policiesFolder } from "./choose-hosts.ts";
import { type Command, parseOptions } from "./command.ts";
import { count } from "./count.ts";

const help = `Usage: npm run policy -- check [options]

Checks the policy files of every host and prints every finding with file, line, column and a hint. Errors refuse a host:
it is neither started nor provisioned. Warnings are worth a look: the policy holds as it stands.

Options:
  --policies <dir>   folder of the hosts               (policies/hosts of this project)
  --host <key>       check this host only              (all hosts)
  --format <form>    text, json, github (annotations of GitHub Actions) or sarif (SARIF 2.1.0)   (text)
  --json             the same as --format json
  --allow-warnings   exit with 0 when there are warnings only
  --help             print this

Exit codes: 0 no findings, 1 findings, 2 used wrongly.`;

const formats = ["text", "json", "github", "sarif"] as const;

interface CheckedHost {
  readonly key: string;
  readonly result: LoadResult;
  /** Those of its files, and those that come of the other hosts. */
  readonly findings: readonly Diagnostic[];
}

function counts({ servers, humans, grants }: Extract<LoadResult, { ok: true }>["host"]) {
  return {
    servers: servers.length,
    tools: servers.reduce((sum, server) => sum + server.tools.length, 0),
    humans: humans.length,
    ceilings: new Set(grants.map(({ server, human }) => `${server} ${human}`)).size,
  };
}

/** `2 errors, 1 warning`, or `no findings`. */
function weighed(findings: readonly Diagnostic[]): string {
  const errors = findings.filter(({ code }) => severityOf(code) === "error").length;
  const warnings = findings.length - errors;
  const parts = [
    ...(errors === 0 ? [] : [count(errors, "error")]),
    ...(warnings === 0 ? [] : [count(warnings, "warning")]),
  ];
  return parts.length === 0 ? "no findings" : parts.join(", ");
}

function summary({ key, result, findings }: CheckedHost): string {
  if (!result.ok) return `${key}: ${weighed(findings)}`;
  const { servers, tools, humans, ceilings } = counts(result.host);
  const parts = [
    count(servers, "server"),
    count(tools, "tool"),
    count(humans, "human"),
    count(ceilings, "ceiling"),
    weighed(findings),
  ];
  return `${key}: ${parts.join(", ")}`;
}

const isError = ({ code }: Diagnostic) => severityOf(code) === "error";

function asJson({ key, result, findings }: CheckedHost) {
  const diagnostics = findings.map((finding) => ({ ...finding, severity: severityOf(finding.code) }));
  const ok = !findings.some(isError);
  return result.ok ? { key, ok, ...counts(result.host), diagnostics } : { key, ok, diagnostics };
}

/** `check`: loads the hosts and prints what is wrong with them. */
export const check: Command = {
  name: "check",
  summary: "check the policy files, all findings with file, line and column",
  help,
  run: (args, output) => {
    const { values } = parseOptions(args, {
      ...hostOptions,
      format: { type: "string" },
      json: { type: "boolean", default: false },
      "allow-warnings": { type: "boolean", default: false },
    });
    const format = chooseFormat(formats, values.format, values.json);
    const today = dayOf(new Date());
    const loaded = chooseHosts(policiesFolder(values.policies), values.host).map(({ key, dir }) => {
      output.progress(`Checking ${key} ...`);
      return { key, result: loadHost(dir, today) };
    });
    output.progress();
    const shared = findSharedEnvironments(loaded.flatMap(({ result }) => (result.ok ? [result.host] : [])));
    const checked: readonly CheckedHost[] = loaded.map(({ key, result }) => {
      const across = result.ok ? shared.filter(({ file }) => file === result.host.source.file) : [];
      return { key, result, findings: [...across, ...result.diagnostics] };
    });
    const findings = checked.flatMap((host) => host.findings);

    if (format === "json") {
      const hosts = checked.map(asJson);
      output.line(JSON.stringify({ ok: hosts.every(({ ok }) => ok), hosts }, null, 2));
    } else if (format === "sarif") output.line(JSON.stringify(sarifLog(findings), null, 2));
    else {
      const print = format === "github" ? githubAnnotation : printDiagnostic;
      for (const host of checked) {
        for (const finding of host.findings) output.line(print(finding));
        output.line(visible(summary(host)));
      }
    }
    return findings.some((finding) => isError(finding) || !values["allow-warnings"]) ? 1 : 0;
  },
};
