import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { didYouMean, listed } from "../src/did-you-mean.ts";
import { type LoadResult, listHosts, loadHost, printDiagnostic, visible } from "../src/load.ts";
import { type Command, parseOptions, UsageError } from "./command.ts";

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

/** The hosts to check: never none, because "nothing checked" must not look like "no findings". */
function chooseHosts(policies: string, host: string | undefined) {
  const all = listHosts(policies);
  if (all === undefined) throw new UsageError(`There is no folder ${JSON.stringify(policies)}.`);
  const chosen = host === undefined ? all : all.filter(({ key }) => key === host);
  if (chosen.length > 0) return chosen;
  const keys = all.map(({ key }) => key);
  if (host === undefined) throw new UsageError(`The folder ${JSON.stringify(policies)} has no host in it.`);
  const hint = didYouMean(host, keys, `the hosts are ${listed(keys)}`);
  throw new UsageError(`There is no host ${JSON.stringify(host)} (${hint}).`);
}

/** `check`: loads the hosts and prints what is wrong with them. */
export const check: Command = {
  name: "check",
  summary: "check the policy files, all findings with file, line and column",
  help,
  run: (args, output) => {
    const values = parseOptions(args, {
      policies: { type: "string" },
      host: { type: "string" },
      json: { type: "boolean", default: false },
    });
    const projectHosts = relative(process.cwd(), fileURLToPath(new URL("../hosts", import.meta.url)));
    const policies = values.policies ?? (projectHosts === "" ? "." : projectHosts);
    const checked = chooseHosts(policies, values.host).map(({ key, dir }) => ({ key, result: loadHost(dir) }));
    const ok = checked.every(({ result }) => result.ok);
    if (values.json) {
      output.line(JSON.stringify({ ok, hosts: checked.map(({ key, result }) => asJson(key, result)) }, null, 2));
      return ok ? 0 : 1;
    }
    for (const { key, result } of checked) {
      for (const diagnostic of result.ok ? [] : result.diagnostics) output.line(printDiagnostic(diagnostic));
      output.line(visible(summary(key, result)));
    }
    return ok ? 0 : 1;
  },
};
