/** Runs the tests of a host: asks the policy what each test asks, and compares. */
import { type DecisionQuery, decide } from "./decide.ts";
import { type Explanation, explain } from "./explain.ts";
import type { Day, HostModel, SourcePosition } from "./model.ts";
import type { PolicyLines } from "./policy-lines.ts";
import { expectations, type PolicyTest, type TestFile } from "./schema/test-file.ts";
import type { ShapedFile } from "./shape.ts";

/** What a test asks for of a tool. */
export type Expectation = (typeof expectations)[number];

/** An answer that is not the one a test asks for. */
export interface TestFailure {
  readonly expected: Expectation;
  readonly actual: Expectation;
  readonly explanation: Explanation;
  /** Where the test names the tool. */
  readonly source: SourcePosition;
}

export interface TestResult {
  readonly name: string;
  readonly source: SourcePosition;
  /** How many questions it asked: of each human about each tool. */
  readonly questions: number;
  readonly failures: readonly TestFailure[];
}

/** What a host's policy answers, in the words of a test. */
function answer(host: HostModel, query: DecisionQuery): Expectation {
  const decision = decide(host, query);
  if (!decision.allow) return "cannot";
  return decision.approval ? "canWithApproval" : "can";
}

/** A test's own name, or who asks for what. */
export function testName({ name, human, group, outsider, server, consent, on, client }: PolicyTest): string {
  const who = human ?? outsider ?? `group ${group}`;
  const day = on === undefined ? "" : ` on ${on}`;
  return name ?? `${who}, ${server}, consent ${consent}${day}${client === undefined ? "" : ` by ${client}`}`;
}

function subjects({ human, group, outsider }: PolicyTest, lines: PolicyLines): readonly string[] {
  if (group === undefined) return [human ?? outsider ?? ""];
  return [...new Set(lines.groups.get(group)?.map(({ email }) => email))];
}

/** Runs the tests of files that have no finding. `today` is the day of tests that don't name one. */
export function runTests(
  { host, lines, tests }: { host: HostModel; lines: PolicyLines; tests: readonly ShapedFile<TestFile>[] },
  today: Day,
): readonly TestResult[] {
  return tests.flatMap(({ source, value }) =>
    value.tests.map((test, index): TestResult => {
      const humans = subjects(test, lines);
      const failures: TestFailure[] = [];
      let questions = 0;
      for (const expected of expectations) {
        for (const [at, tool] of test[expected].entries()) {
          for (const human of humans) {
            questions++;
            const { server, consent, on = today, client } = test;
            const query = { human, server, tool, consent, on, ...(client === undefined ? {} : { client }) };
            const actual = answer(host, query);
            if (actual === expected) continue;
            const place = source.positionOf(["tests", index, expected, at]);
            failures.push({ expected, actual, explanation: explain(host, lines, query), source: place });
          }
        }
      }
      return { name: testName(test), source: source.positionOf(["tests", index]), questions, failures };
    }),
  );
}
