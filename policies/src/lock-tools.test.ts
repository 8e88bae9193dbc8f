import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lockText, toolDigest } from "./lock.ts";
import { lockDiff } from "./lock-diff.ts";
import { lockableTools } from "./lock-tools.ts";
import { readLock } from "./read-lock.ts";

const inputSchema = { type: "object" };
const tool = (name: string, more: object = {}) => ({ name, inputSchema, ...more });

test("keeps what a model reads and leaves out what is not of the definition", () => {
  const definition = {
    title: "A",
    description: "b",
    inputSchema,
    outputSchema: { type: "object" },
    annotations: { readOnlyHint: true, "x-vendor": [1] },
  };
  const listed = [{ name: "a", ...definition, icons: [], execution: {}, _meta: { a: 1 } }];
  expect(lockableTools(listed, [])).toEqual({
    tools: { a: { ...definition, digest: toolDigest("a", definition) } },
    leftOut: [],
  });
});

let deep: object = {};
for (let level = 0; level < 10_000; level++) deep = { deep };

describe("leaves out and says why:", () => {
  test.each<[string, unknown[], string[], string]>([
    ["no object", ["a"], [], "it has no name"],
    ["no name", [{ inputSchema }], [], "it has no name"],
    ["half a surrogate pair", [tool("a\ud800")], [], "half of a Unicode surrogate pair"],
    ["a zero-width space", [tool("delete\u200b_issue")], [], "an invisible character"],
    ["an escape sequence", [tool("a\u001b[2J")], [], "an invisible character"],
    ["a line break", [tool("a\nb")], [], "an invisible character"],
    ["__proto__", [JSON.parse('{"name":"__proto__","inputSchema":{}}')], [], "no policy file can hold this name"],
    ["a long name", [tool("a".repeat(129))], [], "longer than 128 characters"],
    ["no letter", [tool("---")], [], "no ASCII letter or digit"],
    ["no input schema", [{ name: "a" }], [], "not as the protocol has it: inputSchema"],
    ["a description that is no text", [tool("a", { description: 1 })], [], "not as the protocol has it: description"],
    ["deep nesting", [tool("a", { outputSchema: deep })], [], "nested deeper than 64 levels"],
    [
      "a field that parsers drop",
      [JSON.parse('{"name":"a","inputSchema":{"__proto__":{"type":"object"}}}')],
      [],
      "a name that can't be recorded",
    ],
    ["two definitions", [tool("a"), tool("a", { description: "b" })], [], "lists it twice"],
    [
      "the action of a tool that is known",
      [tool("delete-issue")],
      ["delete_issue"],
      'the action "delete_issue" with "delete_issue"',
    ],
  ])("%s", (_, listed, known, reason) => {
    const { tools, leftOut } = lockableTools([...listed, tool("other")], known);
    expect(Object.keys(tools)).toEqual(["other"]);
    expect(leftOut).toMatchObject([{ reason: expect.stringContaining(reason) }]);
  });

  test("both of two new tools that share an action: the order of a list must not choose", () => {
    const { tools, leftOut } = lockableTools([tool("get-a"), tool("get_a"), tool("b")], []);
    expect(Object.keys(tools)).toEqual(["b"]);
    expect(leftOut.map(({ name }) => name)).toEqual(["get-a", "get_a"]);
  });
});

test("a known name keeps its place whatever else the server lists, and one listed twice alike is one", () => {
  const { tools, leftOut } = lockableTools(
    [tool("Delete_Issue"), tool("delete_issue"), tool("delete_issue")],
    ["delete_issue"],
  );
  expect(Object.keys(tools)).toEqual(["delete_issue"]);
  expect(leftOut.map(({ name }) => name)).toEqual(["Delete_Issue"]);
});

const anything = fc.record(
  {
    name: fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("a", "A", "constructor", "toString", "10")),
    description: fc.option(fc.string({ unit: "binary" }), { nil: undefined }),
    inputSchema: fc.dictionary(fc.string(), fc.jsonValue()),
    annotations: fc.dictionary(fc.string(), fc.jsonValue()),
  },
  { requiredKeys: ["inputSchema"] },
);

test("whatever a server lists, the lock that is made of it is one that the loader takes", () => {
  const folder = mkdtempSync(join(tmpdir(), "lock-tools-"));
  const file = join(folder, "a.lock.json");
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 4 }), fc.array(fc.constantFrom("a", "b")), (listed, known) => {
      const sent = JSON.parse(JSON.stringify(listed)) as unknown[];
      const { tools, leftOut } = lockableTools(sent, known);
      writeFileSync(file, lockText({ version: 1, tools }));
      expect(readLock(file)).toEqual({ lock: { version: 1, tools } });
      expect(lockDiff(tools, tools)).toEqual([]);
      const names = new Set([...Object.keys(tools), ...leftOut.map(({ name }) => name)]);
      for (const { name } of listed) if (name !== undefined) expect(names).toContain(name);
    }),
  );
  rmSync(folder, { recursive: true });
});

test("lockDiff says what is new, gone and changed, and when more would be proposed now", () => {
  const now = lockableTools(
    [
      tool("get", { annotations: { destructiveHint: true } }),
      tool("list", { description: "all" }),
      tool("same"),
      tool("create", { annotations: { readOnlyHint: false } }),
      tool("drop"),
    ],
    [],
  ).tools;
  const locked = lockableTools([tool("get"), tool("list"), tool("same"), tool("old"), tool("create")], []).tools;
  expect(lockDiff(locked, now)).toMatchObject([
    { name: "create", kind: "changed", proposal: undefined, changes: [{ part: "annotations" }] },
    { name: "drop", kind: "new", proposal: { trust: "high" }, changes: [] },
    { name: "get", kind: "changed", proposal: { trust: "high", reason: "destructiveHint is true" } },
    { name: "list", kind: "changed", proposal: undefined, changes: [{ part: "description", after: "all" }] },
    { name: "old", kind: "gone", changes: [], proposal: undefined },
  ]);
});
