import { expect, test } from "vitest";
import { closest, didYouMean, listed } from "./did-you-mean.ts";

test.each([
  ["isues", ["everything", "issues"], "issues"],
  ["ISSUES", ["issues"], "issues"],
  ["calendar", ["issues"], undefined],
  ["ab", ["ax", "ay"], "ax"],
  ["x", [], undefined],
  ["", ["a"], "a"],
] as const)("for %j out of %j it is %j", (word, candidates, expected) => {
  expect(closest(word, candidates)).toBe(expected);
});

test("compares no long words, which a hostile file could make costly", () => {
  const long = "a".repeat(65);
  expect(closest(long, ["a".repeat(64)])).toBeUndefined();
  expect(closest("a".repeat(64), [long])).toBeUndefined();
  expect(closest("a".repeat(64), [`${"a".repeat(63)}b`])).toBeDefined();
});

test("hints quote what they name, and list ten at most", () => {
  expect(didYouMean("isues", ["issues"], "otherwise")).toBe('did you mean "issues"?');
  expect(didYouMean("calendar", ["issues"], "otherwise")).toBe("otherwise");
  const twelve = Array.from({ length: 12 }, (_, index) => String(index));
  expect(listed(twelve)).toMatch(/^"0", .*"9" and 2 more$/);
  expect(listed([])).toBe("none");
});
