import { dayOf } from "../src/day-of.ts";
import { type LoadResult, loadHost, printDiagnostic, visible } from "../src/load.ts";
import { chooseHosts, hostOptions, policiesFolder } from "./choose-hosts.ts";
import { type Command, parseOptions } from "./command.ts";

const help = `Usage: npm run policy -- check [options]

Checks the policy files of every host and prints every finding with file, line, column and a hint.

Options:
  --policies <dir>  folder of the hosts               (policies/hosts of this project)
  --host <key>      check this host only              (all hosts)
  --json            print one JSON object instead of lines
  --help            print this

Exit codes: 0 no findings, 1 findings, 2 used wrongly.`;

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function summary(key: string, result: LoadResult): string {
  if (!result.ok) return `${key}: ${count(result.diagnostics.length, "finding")}`;
  const { servers, humans, grants } = result.host;
  const tools = servers.reduce((sum, server) => sum + server.tools.length, 0);
  const counts = [
    count(servers.length, "server"),
    count(tools, "tool"),
    count(humans.length, "human"),
    count(grants.length, "ceiling"),
  ];
  return `${key}: ${counts.join(", ")}, no findings`;
}

function asJson(key: string, result: LoadResult) {
  if (!result.ok) return { key, ok: false, diagnostics: result.diagnostics };
  const { servers, humans, grants } = result.host;
  const tools = servers.reduce((sum, server) => sum + server.tools.length, 0);
  const counts = { servers: servers.length, tools, humans: humans.length, ceilings: grants.length };
  return { key, ok: true, ...counts, diagnostics: [] };
}

/** `check`: loads the hosts and prints what is wrong with them. */
export const check: Command = {
  name: "check",
  summary: "check the policy files, all findings with file, line and column",
  help,
  run: (args, output) => {
    const { values } = parseOptions(args, { ...hostOptions, json: { type: "boolean", default: false } });
    const today = dayOf(new Date());
    const hosts = chooseHosts(policiesFolder(values.policies), values.host);
    const checked = hosts.map(({ key, dir }) => ({ key, result: loadHost(dir, today) }));
    const ok = checked.every(({ result }) => result.ok);
    if (values.json) {
      output.line(JSON.stringify({ ok, hosts: checked.map(({ key, result }) => asJson(key, result)) }, null, 2));
      return ok ? 0 : 1;
    }
    for (const { key, result } of checked) {
      for (const diagnostic of result.diagnostics) output.line(printDiagnostic(diagnostic));
      output.line(visible(summary(key, result)));
    }
    return ok ? 0 : 1;
  },
};
