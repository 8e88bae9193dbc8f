import { printDiagnostic, visible } from "../src/load.ts";
import { type Expectation, runTests, type TestFailure, type TestResult } from "../src/run-tests.ts";
import { hostOptions } from "./choose-hosts.ts";
import { type Command, type Output, parseOptions } from "./command.ts";
import { count } from "./count.ts";
import { loadHosts, printErrors } from "./load-hosts.ts";
import { printChain, printPlace, styled } from "./print-chain.ts";

const help = `Usage: npm run policy -- test [options]

Runs the tests of every host, tests/*.test.yaml, and says of each whether the policy answers as it asks. A test that
fails shows the chain that gives the answer, with the file and line of each link.

Options:
  --policies <dir>  folder of the hosts                        (policies/hosts of this project)
  --host <key>      test this host only                        (all hosts)
  --require-tests   a host without tests is a failure too
  --json            print one JSON object instead of lines
  --help            print this

Exit codes: 0 all pass, 1 a test fails or the files have errors, 2 used wrongly.`;

const words: Readonly<Record<Expectation, string>> = {
  can: "can call it at once",
  canWithApproval: "can call it, with an approval",
  cannot: "cannot call it",
};

function printFailure({ expected, actual, explanation, source }: TestFailure, output: Output): void {
  const { tool, human } = explanation.query;
  const asked = `${tool}: ${human} ${words[actual]}; the test says: ${words[expected]}`;
  output.line(`      ${styled(output, "red", visible(asked))}  ${styled(output, "dim", visible(printPlace(source)))}`);
  printChain(explanation.chain, "        ", output, { onlyCounting: true });
}

function printResult({ name, source, questions, failures }: TestResult, output: Output): void {
  const failed = failures.length > 0;
  const mark = failed ? styled(output, "red", "✗") : styled(output, "green", "✓");
  const place = failed ? `  ${styled(output, "dim", visible(printPlace(source)))}` : "";
  output.line(`  ${mark} ${visible(name)} (${count(questions, "answer")})${place}`);
  for (const failure of failures) printFailure(failure, output);
}

/** `test`: runs the tests of the hosts. */
export const test: Command = {
  name: "test",
  summary: "run the policy tests: who can and who cannot",
  help,
  run: (args, output) => {
    const { values } = parseOptions(args, {
      ...hostOptions,
      "require-tests": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    });
    const { hosts, errors, warnings, today } = loadHosts(values, output);
    // They keep no host from being provisioned, because who takes a grant away must not be held up by its test. Here
    // they count: such a file would pass for the wrong reason, so it is not run.
    const refused = warnings.filter(({ code }) => code.startsWith("test-"));
    const isRefused = (file: string) => refused.some((finding) => finding.file === file);
    const tested = hosts.map((loaded) => {
      const tests = loaded.tests.filter(({ source }) => !isRefused(source.file));
      return { key: loaded.key, files: loaded.tests.length, results: runTests({ ...loaded, tests }, today) };
    });
    const without = tested.filter(({ files }) => files === 0).map(({ key }) => key);
    const all = tested.flatMap(({ results }) => results);
    const failed = all.filter(({ failures }) => failures.length > 0).length;
    const ok =
      errors.length + refused.length === 0 && failed === 0 && (without.length === 0 || !values["require-tests"]);
    if (values.json) {
      output.line(JSON.stringify({ ok, hosts: tested, diagnostics: [...errors, ...refused] }, null, 2));
      return ok ? 0 : 1;
    }
    printErrors(errors, output);
    for (const finding of refused) output.line(printDiagnostic(finding));
    for (const { key, results } of tested) {
      if (results.length > 0) output.line(styled(output, "bold", visible(key)));
      for (const result of results) printResult(result, output);
    }
    for (const key of without) {
      output.line(visible(`${key}: no tests. Say who can and who cannot in its folder, as tests/<what>.test.yaml.`));
    }
    const notRun = [...new Set(refused.map(({ file }) => file))];
    if (notRun.length > 0) output.line(visible(`Not run, for what was found above: ${notRun.join(", ")}`));
    if (all.length > 0) {
      const questions = all.reduce((sum, result) => sum + result.questions, 0);
      const passed = all.length - failed;
      const counts = [
        `${count(all.length, "test")}, ${count(questions, "answer")}`,
        `${passed} passed`,
        `${failed} failed`,
      ];
      output.line(styled(output, failed === 0 ? "green" : "red", counts.join(", ")));
    }
    return ok ? 0 : 1;
  },
};
