import { expectations } from "../schema/test-file.ts";
import type { Rule } from "./rule.ts";

/** Tests that only allow pass under a policy that allows everything; tests that only refuse pass where nothing works. */
export const testSides: Rule = {
  id: "test-sides",
  ofWholeFiles: true,
  *check({ tests }) {
    for (const { source, value } of tests) {
      for (const [index, test] of value.tests.entries()) {
        if (expectations.some((list) => test[list].length > 0)) continue;
        yield {
          at: source.positionOf(["tests", index]),
          message: "The test asks of no tool.",
          hint: "add `can`, `canWithApproval` or `cannot` with the tools",
        };
      }
      const can = value.tests.some((test) => test.can.length + test.canWithApproval.length > 0);
      const cannot = value.tests.some((test) => test.cannot.length > 0);
      // With neither of the two, the finding above says it of each test.
      if (can === cannot) continue;
      yield {
        at: source.positionOf(["tests"]),
        message: can
          ? "Nothing in this file says what cannot be called."
          : "Nothing in this file says what can be called.",
        hint: can
          ? "add a `cannot`: the tests would pass if everything were allowed"
          : "add a `can`: the tests would pass if nothing were allowed",
      };
    }
  },
};
