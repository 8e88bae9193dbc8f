import { expectations } from "../schema/test-file.ts";
import type { Rule } from "./rule.ts";

/** A tool that a test names twice is a slip, and under two lists a test that can't pass. */
export const testToolRepeated: Rule = {
  id: "test-tool-repeated",
  *check({ tests }) {
    for (const { source, value } of tests) {
      for (const [index, test] of value.tests.entries()) {
        const seen = new Set<string>();
        for (const list of expectations) {
          for (const [at, tool] of test[list].entries()) {
            if (seen.has(tool)) {
              yield {
                at: source.positionOf(["tests", index, list, at]),
                message: `The test already names the tool ${JSON.stringify(tool)}.`,
                hint: "keep one of the two",
              };
            }
            seen.add(tool);
          }
        }
      }
    }
  },
};
