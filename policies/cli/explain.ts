import { didYouMean, listed } from "../src/did-you-mean.ts";
import { canonicalEmail } from "../src/email.ts";
import { type Explanation, explain as explainAnswer } from "../src/explain.ts";
import { visible } from "../src/load.ts";
import { type TrustLevel, trustLevels } from "../src/trust.ts";
import { hostOptions } from "./choose-hosts.ts";
import { type Command, type Output, parseOptions, UsageError } from "./command.ts";
import { dayOption, dayOrToday } from "./day-option.ts";
import { type LoadedHost, loadHosts, printErrors } from "./load-hosts.ts";
import { printChain, printChanges, styled } from "./print-chain.ts";

const help = `Usage: npm run policy -- explain <host> <human> <server> <tool> [options]

Says whether an agent of the human may call the tool, every link of the chain that gives the answer with its file and
line, and, when the answer is no, what would have to change and who can change it.

Options:
  --consent <level>  what the human has consented to: low, medium, high   (a table of all three)
  --on <day>         day of the call, UTC, as 2026-12-31                  (today)
  --client <id>      client id of the agent, for the agents whose calls never wait
  --policies <dir>   folder of the hosts                                  (policies/hosts of this project)
  --json             print one JSON object instead of lines
  --help             print this

Exit codes: 0 the answer is given, allowed or denied; 1 the host's files have errors; 2 used wrongly.`;

/** The words of the answer. */
function answer({ decision, query }: Explanation): string {
  if (decision.allow) return decision.approval ? "allowed, and waits for an approval" : "allowed";
  const reasons: Readonly<Record<typeof decision.code, string>> = {
    SERVER_UNKNOWN: "the host has no such server",
    TOOL_UNKNOWN: "the tool is not enabled",
    NO_GRANT: "no grant reaches the human",
    GRANT_ENDED: `the grant has ended by ${query.on}`,
    CEILING_TOO_LOW: "the ceiling is too low",
    CONSENT_TOO_LOW: "the consent is too low",
  };
  return `denied: ${reasons[decision.code]} (${decision.code})`;
}

function chooseLevels(consent: string | undefined): readonly TrustLevel[] {
  if (consent === undefined) return trustLevels;
  const level = trustLevels.find((known) => known === consent);
  if (level !== undefined) return [level];
  throw new UsageError(`There is no level ${JSON.stringify(consent)}: use ${trustLevels.join(", ")}.`);
}

/** Refuses names that the policy has not: a misspelt one would be denied for the wrong reason. */
function checkNames({ host }: LoadedHost, human: string, server: string, tool: string): void {
  const check = (name: string, known: readonly string[], what: string, many: string) => {
    if (known.includes(name)) return;
    const hint = didYouMean(name, known, `the ${many} are ${listed(known)}`);
    throw new UsageError(`${what} ${JSON.stringify(name)}, so everything is denied (${hint}).`);
  };
  const servers = host.servers.map(({ key }) => key);
  check(server, servers, "The host has no server", "servers");
  const tools = host.servers.find(({ key }) => key === server)?.tools.map(({ name }) => name) ?? [];
  check(tool, tools, `The server ${JSON.stringify(server)} has no tool`, "tools");
  const humans = host.humans.map(({ email }) => email);
  check(canonicalEmail(human), humans, "The policy knows no human", "humans");
}

function print(explanations: readonly Explanation[], output: Output): void {
  // The highest consent asks most of the policy, so its chain and its changes say it all.
  const top = explanations.at(-1);
  if (top === undefined) return;
  const { human, server, tool, on, client } = top.query;
  const by = client === undefined ? "" : ` by ${client}`;
  output.line(styled(output, "bold", visible(`${human}, ${server}, ${tool}, on ${on}${by}`)));
  for (const explanation of explanations) {
    const style = explanation.decision.allow ? "green" : "red";
    output.line(`  consent ${explanation.query.consent.padEnd(6)}  ${styled(output, style, answer(explanation))}`);
  }
  output.line("\nWhy:");
  const chain = explanations.length === 1 ? top.chain : top.chain.filter(({ kind }) => kind !== "consent");
  printChain(chain, "  ", output, { onlyCounting: false });
  const denied = explanations.length > 1 && top.decision.allow && explanations.find(({ decision }) => !decision.allow);
  const changes = [...(denied ? denied.changes : []), ...top.changes];
  if (changes.length === 0) return;
  output.line(top.decision.allow ? "\nWhat else it takes:" : "\nWhat would have to change:");
  printChanges(changes, "  ", output);
}

/** `explain`: an answer of the policy, with its reasons. */
export const explain: Command = {
  name: "explain",
  summary: "say who may call what, why, and what would have to change",
  help,
  run: (args, output) => {
    const { values, words } = parseOptions(
      args,
      {
        policies: hostOptions.policies,
        consent: { type: "string" },
        ...dayOption,
        client: { type: "string" },
        json: { type: "boolean", default: false },
      },
      ["host", "human", "server", "tool"],
    );
    const [key = "", human = "", server = "", tool = ""] = words;
    const levels = chooseLevels(values.consent);
    const on = dayOrToday(values.on);
    const { client } = values;
    const { hosts, errors } = loadHosts({ ...values, host: key }, output);
    const [loaded] = hosts;
    if (loaded === undefined) {
      if (values.json) output.line(JSON.stringify({ ok: false, diagnostics: errors }, null, 2));
      else printErrors(errors, output);
      return 1;
    }
    checkNames(loaded, human, server, tool);
    const query = { human: canonicalEmail(human), server, tool, on, ...(client === undefined ? {} : { client }) };
    const explanations = levels.map((consent) => explainAnswer(loaded.host, loaded.lines, { ...query, consent }));
    if (values.json) output.line(JSON.stringify({ ok: true, answers: explanations, diagnostics: [] }, null, 2));
    else print(explanations, output);
    return 0;
  },
};
