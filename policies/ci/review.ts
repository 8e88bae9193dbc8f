/**
 * `npm run policy:review -- <base>`: all that a review of a change of the policy looks at, in one file of markdown. It
 * runs `check`, `test`, `prove` and `diff`; the workflow `policy.yml` and every other forge call this.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { policiesFolder } from "../cli/choose-hosts.ts";
import { UsageError } from "../cli/command.ts";
import { fenced } from "../cli/diff/markdown.ts";
import { openPolicies, type PolicySource } from "../cli/diff/policy-source.ts";
import { commentLengthMax } from "../cli/diff/render-markdown.ts";
import { captureProgram } from "../cli/run-program.ts";

const help = `Usage: npm run policy:review -- <base> [options]

Runs check, test, prove and diff of the policies as they are now against <base>, a git revision or a folder of hosts,
and writes what they say as markdown for a comment on a pull request. Where the invariants differ from those of <base>,
the policies must hold to both.

Options:
  --policies <dir>   folder of the hosts                   (policies/hosts of this project)
  --fail-on <kinds>  as diff has it                        (POLICY_FAIL_ON, else nothing)
  --out <file>       file to write the markdown to         (standard output)
  --help             print this

Exit codes: 0 fine, 1 one of the commands has findings, 2 used wrongly.`;

/** Most characters of what one command printed. */
const printedMax = 8_000;

interface Step {
  readonly name: string;
  readonly status: number;
  readonly printed: string;
}

async function run(name: string, args: readonly string[]): Promise<Step> {
  const { status, stdout, stderr } = await captureProgram([name, ...args]);
  return { name, status, printed: `${stdout}${stderr}`.trim() };
}

function section({ name, status, printed }: Step): string {
  const said = status === 0 ? "passed" : "has findings";
  const shown =
    printed.length > printedMax ? `${printed.slice(0, printedMax)}\n… and more: npm run policy -- ${name}` : printed;
  const open = status === 0 ? "" : " open";
  return [
    `<details${open}><summary>${status === 0 ? "✅" : "❌"} <code>${name}</code> ${said}</summary>`,
    "",
    ...fenced(shown.split("\n")),
    "",
    "</details>",
  ].join("\n");
}

/**
 * `prove` by the invariants that the base has, where the change has others: a change could otherwise weaken an invariant
 * and break it at once. Relaxing one takes a change of its own, which is reviewed as that.
 */
async function proveByBase(base: string, folder: string, policies: readonly string[]): Promise<readonly Step[]> {
  let source: PolicySource;
  try {
    source = openPolicies(base, folder);
  } catch (error) {
    // Of a base that is none, `diff` says so.
    if (error instanceof UsageError) return [];
    throw error;
  }
  try {
    const changed = join(folder, "..", "invariants.yaml");
    if (source.invariants === undefined) return [];
    const text = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
    if (text(changed) === text(source.invariants)) return [];
    const { status, printed } = await run("prove", ["--invariants", source.invariants, ...policies]);
    return [{ name: "prove by the invariants before", status, printed: source.named(printed) }];
  } finally {
    source.close();
  }
}

async function review(base: string, folder: string, policies: readonly string[], failOn: string) {
  const steps = [
    await run("check", ["--allow-warnings", ...policies]),
    await run("test", policies),
    await run("prove", policies),
    ...(await proveByBase(base, folder, policies)),
  ];
  const sections = steps.map(section).join("\n");
  const lengthMax = String(commentLengthMax - sections.length - 10);
  const failing = failOn === "" ? [] : ["--fail-on", failOn];
  const diff = await run("diff", [
    "--format",
    "markdown",
    "--length-max",
    lengthMax,
    ...failing,
    ...policies,
    "--",
    base,
  ]);
  return { steps: [...steps, diff], markdown: `${diff.printed}\n\n${sections}\n` };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    policies: { type: "string" },
    "fail-on": { type: "string" },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const [base, ...stray] = positionals;
if (values.help) console.log(help);
else if (base === undefined || stray.length > 0) {
  console.error(`Say which <base>, and nothing else.\n\n${help}`);
  process.exitCode = 2;
} else {
  const policies = values.policies === undefined ? [] : ["--policies", values.policies];
  const { steps, markdown } = await review(
    base,
    policiesFolder(values.policies),
    policies,
    values["fail-on"] ?? process.env.POLICY_FAIL_ON ?? "",
  );
  const wrong = steps.find(({ status }) => status > 1);
  if (wrong !== undefined) console.error(wrong.printed);
  else if (values.out === undefined) console.log(markdown);
  else writeFileSync(values.out, markdown);
  for (const { name, status } of steps) console.error(`${name.padEnd(5)} ${status === 0 ? "passed" : "has findings"}`);
  process.exitCode = Math.max(...steps.map(({ status }) => status));
}
