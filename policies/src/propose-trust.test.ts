import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameWords, proposeTrust } from "./propose-trust.ts";
import { reaches, type TrustLevel } from "./trust.ts";

const high = "delete remove destroy drop purge erase truncate terminate kill revoke".split(" ");
const medium =
  "create write update set modify edit put post insert add send execute run invoke submit push publish deploy apply patch".split(
    " ",
  );

const capitalized = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);
const spellings: Readonly<Record<string, (word: string) => string>> = {
  alone: (word) => word,
  snake_case: (word) => `issue_${word}_all`,
  "kebab-case": (word) => `${word}-issue`,
  "dots.and/slashes": (word) => `issues.${word}/v2`,
  camelCase: (word) => `${word}Issue`,
  "camelCase at the end": (word) => `issue${capitalized(word)}`,
  PascalCase: (word) => `${capitalized(word)}Issue`,
  "after an acronym": (word) => `HTTP${capitalized(word)}`,
  UPPER_CASE: (word) => `ISSUE_${word.toUpperCase()}`,
  "with a number": (word) => `${word}2`,
  "in full-width letters": (word) => word.replaceAll(/[a-z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  "with capitals strewn in": (word) => `${word.slice(0, 1)}${word.slice(1).toUpperCase()}_issue`,
};

describe.each(Object.entries(spellings))("words of the lists, %s", (_, spell) => {
  test.each(high)("%s is high", (word) => {
    expect(proposeTrust(spell(word))).toEqual({ trust: "high", reason: `the name says "${word}"` });
  });
  test.each(medium)("%s is medium", (word) => {
    expect(proposeTrust(spell(word))).toEqual({ trust: "medium", reason: `the name says "${word}"` });
  });
});

test.each([
  "settings",
  "get_address",
  "output",
  "dropdown",
  "list_runs",
  "postal_code",
  "get_updated",
  "skill",
  "dataset",
])("%s is low: a word within a word is no word", (name) => {
  expect(proposeTrust(name)).toEqual({ trust: "low", reason: "no word of the name says that it writes" });
});

test("high wins over medium", () => {
  expect(proposeTrust("create_or_delete")).toMatchObject({ trust: "high", reason: 'the name says "delete"' });
});

test.each(["d\u0435lete_issue", "l\u00f6schen", "list_issues\u200b", "課題"])(
  "%j is high: who can say what the name says?",
  (name) => {
    expect(proposeTrust(name)).toMatchObject({ trust: "high", reason: expect.stringContaining("ASCII") });
  },
);

test.each<[string, Record<string, unknown>, TrustLevel, string]>([
  ["list", { readOnlyHint: true }, "low", "no word"],
  ["list", { readOnlyHint: false }, "medium", "readOnlyHint is false"],
  ["list", { destructiveHint: true }, "high", "destructiveHint is true"],
  ["list", { readOnlyHint: true, destructiveHint: true }, "high", "destructiveHint is true"],
  ["list", { readOnlyHint: false, destructiveHint: false }, "medium", "readOnlyHint is false"],
  ["list", { openWorldHint: true, idempotentHint: false, title: "Delete" }, "low", "no word"],
  ["create", { readOnlyHint: true, destructiveHint: false }, "medium", 'says "create"'],
  ["create", { readOnlyHint: false }, "medium", 'says "create"'],
  ["create", { destructiveHint: true }, "high", "destructiveHint is true"],
  ["delete", { readOnlyHint: true, destructiveHint: false }, "high", 'says "delete"'],
])("%s with %j is %s", (name, annotations, trust, reason) => {
  expect(proposeTrust(name, annotations)).toMatchObject({ trust, reason: expect.stringContaining(reason) });
});

const names = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.array(fc.constantFrom(...high, ...medium, "list", "_", "-", "A", "é", "2")).map((parts) => parts.join("")),
);
const hint = fc.option(fc.oneof(fc.boolean(), fc.string(), fc.constant(null)), { nil: undefined });
const annotations = fc.record({ readOnlyHint: hint, destructiveHint: hint, openWorldHint: hint, title: hint });

test("annotations never lower the proposal, and only statements against the tool raise it", () => {
  fc.assert(
    fc.property(names, annotations, (name, said) => {
      const alone = proposeTrust(name);
      const together = proposeTrust(name, said);
      expect(reaches(together.trust, alone.trust)).toBe(true);
      if (said.destructiveHint !== true && said.readOnlyHint !== false) expect(together).toEqual(alone);
    }),
  );
});

test("a reason is one line of printable ASCII, whatever the server sends", () => {
  fc.assert(
    fc.property(names, annotations, (name, said) => {
      expect(proposeTrust(name, said).reason).toMatch(/^[ -~]+$/);
    }),
  );
});

test("a further word never lowers the proposal", () => {
  fc.assert(
    fc.property(names, fc.constantFrom("_", "-", ".", "/", " "), names, (name, separator, more) => {
      expect(reaches(proposeTrust(name + separator + more).trust, proposeTrust(name).trust)).toBe(true);
    }),
  );
});

test("words of a name", () => {
  expect(nameWords("GetHTTPResponse_v2-setURL")).toEqual([
    ...["get", "http", "response", "v", "set", "url"],
    ...["gethttpresponse", "seturl"],
  ]);
});
