import { expect, test } from "vitest";
import { problemsOf, tableOf } from "./comparison.ts";
import type { Check } from "./suite.ts";

const checks = (...statuses: string[]): Check[] => statuses.map((status) => ({ id: "a", status }));
const row = (direct: Check[], gateway: Check[], optional?: string) => ({
  scenario: { name: "ping", optional },
  direct,
  gateway,
});

test.each([
  ["the same", row(checks("SUCCESS", "INFO"), checks("SUCCESS")), 0],
  ["better through the gateway", row(checks("WARNING"), checks("SUCCESS")), 0],
  ["a failure", row(checks("SUCCESS"), checks("FAILURE")), 1],
  ["a warning", row(checks("SUCCESS"), checks("WARNING")), 1],
  ["one of two", row(checks("SUCCESS", "SUCCESS"), checks("SUCCESS", "FAILURE")), 1],
  ["a check that is not made", row(checks("SUCCESS"), [{ id: "b", status: "SUCCESS" }]), 1],
  ["a scenario that does not run through the gateway", row(checks("SUCCESS"), []), 1],
  ["a required one that fails both ways", row(checks("FAILURE"), checks("FAILURE")), 1],
  ["a required one that does not run at all", row([], []), 1],
  ["an optional one that fails both ways", row(checks("FAILURE"), checks("FAILURE"), "extension"), 0],
  ["an optional one that fails through the gateway", row(checks("SUCCESS"), checks("FAILURE"), "extension"), 1],
])("%s", (_what, compared, problems) => {
  expect(problemsOf(compared)).toHaveLength(problems);
});

test("the table", () => {
  expect(tableOf([row(checks("SUCCESS", "INFO"), checks("FAILURE", "SUCCESS"), "pending")])).toBe(
    [
      "| scenario       | direct   | through the gateway |",
      "| -------------- | -------- | ------------------- |",
      "| ping (pending) | 1 passed | 1 passed, 1 failed  |",
    ].join("\n"),
  );
});
