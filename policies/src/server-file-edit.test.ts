import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { editTools, type NewTool, quoted } from "./server-file-edit.ts";

const drop: NewTool = { name: "drop_all", trust: "high", reason: 'the name says "drop"' };
const added = '  drop_all: { trust: high } # proposed: high, the name says "drop"';

describe("adds behind the last tool and keeps every other line:", () => {
  test.each<[string, string, string]>([
    [
      "comments, quotes, blank lines and odd spaces",
      `# Top\nname:   'A'\n\ntools:\n  # About a\n  a:   {trust:   low}   # why\n\n  "b c": { trust: high }   # last\n  # behind\n\n# end\nlistTools: all\n`,
      `# Top\nname:   'A'\n\ntools:\n  # About a\n  a:   {trust:   low}   # why\n\n  "b c": { trust: high }   # last\n${added}\n  # behind\n\n# end\nlistTools: all\n`,
    ],
    [
      "block form and another indentation",
      `tools:\n    a:\n        trust: low # why\n        enabled: false\n\nname: A\n`,
      `tools:\n    a:\n        trust: low # why\n        enabled: false\n  ${added}\n\nname: A\n`,
    ],
    ["no line break at the end", `tools:\n  a: { trust: low }`, `tools:\n  a: { trust: low }\n${added}`],
    [
      "tools over several lines",
      `tools:\n  a: {\n    trust: low,\n  } # x\n`,
      `tools:\n  a: {\n    trust: low,\n  } # x\n${added}\n`,
    ],
    [
      "line ends of Windows",
      `tools:\r\n  a: { trust: low }\r\nname: A\r\n`,
      `tools:\r\n  a: { trust: low }\r\n${added}\r\nname: A\r\n`,
    ],
    [
      "no tools yet",
      `name: A\ntools: {} # none yet\nlistTools: all\n`,
      `name: A\ntools: # none yet\n${added}\nlistTools: all\n`,
    ],
    [
      "tools in braces, of which only this part is written anew",
      `name:   'A'\ntools: { a: { trust: low }, 'b': {trust: high} } # all\nlistTools:   all\n`,
      `name:   'A'\ntools: # all\n  a: { trust: low }\n  'b': { trust: high }\n${added}\nlistTools:   all\n`,
    ],
  ])("%s", (_, before, after) => {
    expect(editTools(before, [drop], [])).toBe(after);
  });
});

describe("removes tools with their lines:", () => {
  const text = `tools:\n  # first\n  a: { trust: low } # why\n  b:\n    trust: low\n    # within\n    enabled: false # last\n  # third\n  c: { trust: high }\n# end\n`;
  test.each<[string, string[], string]>([
    ["the first", ["a"], text.replace("  a: { trust: low } # why\n", "")],
    ["one of several lines", ["b"], text.replace(/ {2}b:\n.*\n.*\n.*\n/, "")],
    ["the last", ["c"], text.replace("  c: { trust: high }\n", "")],
    ["some", ["a", "c"], text.replace("  a: { trust: low } # why\n", "").replace("  c: { trust: high }\n", "")],
  ])("%s", (_, remove, after) => {
    expect(editTools(text, [], remove)).toBe(after);
  });

  test("all", () => {
    expect(parseDocument(editTools(text, [], ["a", "b", "c"])).toJS()).toEqual({ tools: {} });
  });

  test("and adds others in the same go", () => {
    expect(editTools("tools:\n  a: { trust: low }\n  b: { trust: low }\n", [drop], ["b"])).toBe(
      `tools:\n  a: { trust: low }\n${added}\n`,
    );
  });
});

test("changes nothing when there is nothing to do, and nothing it can't change", () => {
  expect(editTools("tools:   {a: {trust: low}}", [], [])).toBe("tools:   {a: {trust: low}}");
  expect(() => editTools("name: A\n", [drop], [])).toThrow("no tools");
  // A second `drop_all` would be a duplicate key.
  expect(() => editTools("tools:\n  drop_all: { trust: low }\n", [drop], [])).toThrow("without changing");
});

test.each(["null", "True", "1e3", "a.b", "~", "a: b"])(
  "the name %j is in quotes, so that no YAML reader takes it for more",
  (name) => {
    expect(editTools("tools:\n  a: { trust: low }\n", [{ ...drop, name }], [])).toContain(
      `\n  "${name}": { trust: high }`,
    );
  },
);

const names = fc.uniqueArray(
  fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((name) => name !== "__proto__"),
    fc.constantFrom(
      ..."null|true|~|yes|1|1e3|a: b|a #b|- a|{a}|*a|&a|!a|%a|<<|? a|'|\"|\n|a\nb|---|...|key: |\t".split("|"),
    ),
  ),
  { maxLength: 5 },
);

test("whatever a tool is called, it becomes the name of one tool, and its line is one line", () => {
  fc.assert(
    fc.property(
      names,
      fc.constantFrom("{}", "{ first: { trust: low } }", "\n  first: { trust: low } # kept"),
      (all, tools) => {
        const add = all.filter((name) => name !== "first").map((name) => ({ ...drop, name }));
        const before = `# Top\nname: "A" # kept\ntools: ${tools}\n# end\n`;
        const edited = editTools(before, add, []);
        const had = tools === "{}" ? [] : ["first"];
        const read = parseDocument(edited, { stringKeys: true }).toJS() as { tools: Record<string, unknown> };
        expect(Object.keys(read.tools).toSorted()).toEqual([...had, ...add.map(({ name }) => name)].toSorted());
        expect(edited.split("\n").length).toBeLessThanOrEqual(before.split("\n").length + add.length + 1);
        for (const kept of ["# Top", 'name: "A" # kept', "# end"]) expect(edited.split("\n")).toContain(kept);
        expect(edited).toContain(tools.includes("# kept") ? "first: { trust: low } # kept" : "tools:");
      },
    ),
  );
});

test("text of a server in quotes is one line and reads back as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      fc.pre(text.isWellFormed());
      const line = quoted(text);
      expect(line).not.toContain("\n");
      expect(parseDocument(`a: ${line}\nb: 1`).toJS()).toEqual({ a: text, b: 1 });
    }),
  );
});
