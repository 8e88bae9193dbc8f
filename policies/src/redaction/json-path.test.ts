import { describe, expect, test } from "vitest";
import { jsonPathProblem } from "./json-path.ts";

describe("a path that can be used", () => {
  test.each([
    "$",
    "$.password",
    "$..token",
    "$['a b'][0,-1][1:3]",
    "$.fields[?@.secret == true && (@.name != 'x' || !@['y'])].value",
    `$${".a".repeat(16)}`,
  ])("%s", (path) => {
    expect(jsonPathProblem(path)).toBeUndefined();
  });
});

describe("a path that can't", () => {
  test.each([
    ["", 'is not a JSONPath (RFC 9535): it does not begin with "$"'],
    ["password", 'is not a JSONPath (RFC 9535): it does not begin with "$"'],
    ["$['a'", "is not a JSONPath (RFC 9535): unclosed bracketed selection, at character 6"],
    ["$.a ", "is not a JSONPath (RFC 9535): unexpected token 'TOKEN_ERROR', at character 5"],
    ["$.a[?match(@.b, '(x+)+y')]", "has the function match(): functions run on what an agent sends"],
    ["$.a[?search(@, 'x')]", "has the function search(): functions run on what an agent sends"],
    ["$.a[?length(@) > 3]", "has the function length(): functions run on what an agent sends"],
    ["$.a[?count(@..*) > 3]", "has the function count(): functions run on what an agent sends"],
    ["$.a[?@.b == $.c]", 'has a filter that looks at "$": only "@" is allowed'],
    ["$.a[?@.b == @.c]", "has a filter that compares two values of the arguments: one side must be a literal"],
    ["$.a[?@..b]", "has a filter that looks for more than one value: only names and indexes lead to one"],
    ["$.a[?@[?@.b]]", "has a filter that looks for more than one value: only names and indexes lead to one"],
    ["$..a..b", 'has ".." more than once'],
    [`$${".a".repeat(17)}`, "has more than 16 segments"],
  ])("%s", (path, problem) => {
    expect(jsonPathProblem(path)).toBe(problem);
  });
});
