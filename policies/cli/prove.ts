import { join } from "node:path";
import { decide } from "../src/decide.ts";
import { type Explanation, explain } from "../src/explain.ts";
import { listHosts, printDiagnostic, visible } from "../src/load.ts";
import { plan } from "../src/plan.ts";
import { type KnownHosts, loadInvariants } from "../src/prove/load-invariants.ts";
import type { LawResult } from "../src/prove/proof.ts";
import { type Proof, prove as proveHost } from "../src/prove/prove.ts";
import { grantsThatHold } from "../src/reaching-grants.ts";
import { hostOptions, policiesFolder } from "./choose-hosts.ts";
import { type Command, type Output, parseOptions, UsageError } from "./command.ts";
import { count } from "./count.ts";
import { type LoadedHost, loadHosts, printErrors } from "./load-hosts.ts";
import { printChain, printPlace, styled } from "./print-chain.ts";

const help = `Usage: npm run policy -- prove [options]

Asks every question that can be asked of a host (each human, consent level, server and tool, today and on each day after
a grant has ended) and shows that what must hold does: of the product always, of your own what invariants.yaml demands.
A violated invariant prints the smallest example against it, with the file and line of each link.

Options:
  --policies <dir>     folder of the hosts           (policies/hosts of this project)
  --invariants <file>  what must hold beside         (invariants.yaml beside the folder of the hosts)
  --host <key>         prove this host only          (all hosts)
  --json               print one JSON object instead of lines
  --help               print this

Exit codes: 0 all hold, 1 one is violated or the files have errors, 2 used wrongly.`;

/** An answer against a law, with its reasons. */
interface Example {
  readonly text: string;
  readonly explanation: Explanation | undefined;
}

/** A law as it is shown: with the chain of the example against it. */
interface ShownLaw extends Omit<LawResult, "counterExample"> {
  readonly counterExample: Example | undefined;
}

function shown({ host, lines }: LoadedHost, { counterExample, ...law }: LawResult): ShownLaw {
  if (counterExample === undefined) return { ...law, counterExample };
  const { query, text } = counterExample;
  const tools = host.servers.find(({ key }) => key === query.server)?.tools;
  const isKnown = tools?.some(({ name }) => name === query.tool) === true;
  return { ...law, counterExample: { text, explanation: isKnown ? explain(host, lines, query) : undefined } };
}

function printExample({ text, explanation }: Example, violations: number, output: Output): void {
  output.line(`      ${styled(output, "red", visible(text))}`);
  if (explanation !== undefined) {
    const { human, server, tool, consent, on, client } = explanation.query;
    const by = client === undefined ? "" : `, client ${client}`;
    output.line(visible(`        ${human}, ${server}, ${tool}, consent ${consent}, on ${on}${by}`));
    printChain(explanation.chain, "        ", output, { onlyCounting: true });
  }
  if (violations > 1) output.line(`      and ${count(violations - 1, "more answer")} like it`);
}

function printLaw({ name, source, holds, asked, violations, counterExample }: ShownLaw, output: Output): void {
  const mark = holds ? styled(output, "green", "✓") : styled(output, "red", "✗");
  const about = asked === 0 ? " (nothing to ask of this host)" : "";
  const place = source === undefined || holds ? "" : `  ${styled(output, "dim", visible(printPlace(source)))}`;
  output.line(`  ${mark} ${visible(name)}${about}${place}`);
  if (counterExample !== undefined) printExample(counterExample, violations, output);
}

/** `prove`: enumerates the hosts and shows that what must hold does. */
export const prove: Command = {
  name: "prove",
  summary: "enumerate every decision and show that the invariants hold",
  help,
  run: (args, output) => {
    const { values } = parseOptions(args, {
      ...hostOptions,
      invariants: { type: "string" },
      json: { type: "boolean", default: false },
    });
    const { hosts, errors, today } = loadHosts(values, output);
    const folder = policiesFolder(values.policies);
    const known: KnownHosts = {
      keys: listHosts(folder)?.map(({ key }) => key) ?? [],
      loaded: hosts.map(({ host, lines }) => ({ host, groups: [...lines.groups.keys()] })),
    };
    const file = values.invariants ?? join(folder, "..", "invariants.yaml");
    const loaded = loadInvariants(file, known);
    if (loaded === undefined && values.invariants !== undefined) {
      throw new UsageError(`There is no file ${JSON.stringify(file)}.`);
    }
    const { invariants = [], findings = [] } = loaded ?? {};
    const proofs = hosts.map((host): Omit<Proof, "laws"> & { readonly laws: readonly ShownLaw[] } => {
      const proof = proveHost(host, invariants, today, { decide, plan, grantsThatHold }, ({ servers, decisions }) => {
        const done = `${servers} of ${count(host.host.servers.length, "server")}`;
        output.progress(visible(`Proving ${host.key}: ${done}, ${count(decisions, "decision")} ...`));
      });
      output.progress();
      return { ...proof, laws: proof.laws.map((law) => shown(host, law)) };
    });
    const violated = proofs.flatMap(({ laws }) => laws).filter(({ holds }) => !holds).length;
    const ok = errors.length + findings.length + violated === 0;
    if (values.json) {
      output.line(JSON.stringify({ ok, hosts: proofs, diagnostics: [...errors, ...findings] }, null, 2));
      return ok ? 0 : 1;
    }
    printErrors(errors, output);
    for (const finding of findings) output.line(printDiagnostic(finding));
    for (const { key, laws } of proofs) {
      output.line(styled(output, "bold", visible(key)));
      for (const law of laws) printLaw(law, output);
    }
    if (loaded === undefined) output.line(visible(`${file}: not there, so only what always holds was shown.`));
    const decisions = proofs.reduce((sum, proof) => sum + proof.decisions, 0);
    const laws = proofs.reduce((sum, proof) => sum + proof.laws.length, 0);
    const counts = `${count(proofs.length, "host")}, ${count(decisions, "decision")}, ${count(laws, "law")}`;
    output.line(
      styled(output, ok ? "green" : "red", `${counts}, ${violated === 0 ? "all hold" : `${violated} violated`}`),
    );
    return ok ? 0 : 1;
  },
};
