/** Laws of redaction over values and paths of few names, so that they meet. The library's own evaluation is the oracle. */
import fc from "fast-check";
import { query } from "json-p3";
import { describe, expect, test } from "vitest";
import { redactArguments, redactedText } from "./redact-arguments.ts";

type Key = string | number;

const names = ["a", "b", "token", "__proto__", "constructor", "0"] as const;
const name = fc.constantFrom(...names);
const { value: json } = fc.letrec<{ readonly value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, 1, -1, "", "a", "x", "b"),
    fc.array(tie("value"), { maxLength: 3 }),
    // Read from text, so that `__proto__` is a member as it is of what an agent sends.
    fc.uniqueArray(fc.tuple(name, tie("value")), { maxLength: 4, selector: ([key]) => key }).map((members) => {
      const text = members.map(([key, member]) => `${JSON.stringify(key)}:${JSON.stringify(member)}`);
      return JSON.parse(`{${text.join(",")}}`) as unknown;
    }),
  ),
}));

const bound = fc.option(fc.integer({ min: -4, max: 4 }), { nil: "" as const });
const plainSelector = fc.oneof(
  name.map((key) => `'${key}'`),
  fc.constant("*"),
  fc.integer({ min: -3, max: 3 }).map(String),
  fc.tuple(bound, bound, fc.integer({ min: -2, max: 2 })).map((parts) => parts.join(":")),
);
const singular = fc.array(
  fc.oneof(
    name.map((key) => `['${key}']`),
    fc.constantFrom("[0]", "[-1]"),
  ),
  { maxLength: 2 },
);
const literal = fc.constantFrom("null", "true", "0", "1", "''", "'a'", "'b'");
const comparison = fc
  .tuple(singular, fc.constantFrom("==", "!=", "<", "<=", ">", ">="), literal)
  .map(([keys, operator, text]) => `@${keys.join("")} ${operator} ${text}`);
const condition = fc.oneof(
  comparison,
  singular.map((keys) => `@${keys.join("")}`),
);
const filter = fc.oneof(
  condition,
  condition.map((one) => `!(${one})`),
  fc.tuple(condition, fc.constantFrom("&&", "||"), condition).map((parts) => parts.join(" ")),
);
const segments = (selector: fc.Arbitrary<string>) =>
  fc
    .array(
      fc.array(selector, { minLength: 1, maxLength: 2 }).map((all) => `[${all.join(",")}]`),
      { minLength: 1, maxLength: 3 },
    )
    .chain((all) =>
      fc
        .option(fc.nat(all.length - 1), { nil: -1 })
        .map((at) => `$${all.map((one, index) => (index === at ? `..${one}` : one)).join("")}`),
    );
const plainPaths = fc.array(segments(plainSelector), { maxLength: 3 });
const paths = fc.array(
  segments(
    fc.oneof(
      plainSelector,
      filter.map((text) => `?${text}`),
    ),
  ),
  { maxLength: 3 },
);

/** Where the paths lead to, by the library. */
const locations = (value: unknown, all: readonly string[]): readonly (readonly Key[])[] =>
  all.flatMap((path) => query(path, value as Parameters<typeof query>[1]).nodes.map(({ location }) => location));

/** The value at a place, or "[redacted]" where something above it was replaced. */
function at(value: unknown, location: readonly Key[]): unknown {
  return location.reduce<unknown>(
    (found, key) => (found === redactedText ? found : (found as Record<Key, unknown>)[key]),
    value,
  );
}

/** Every place of a value with what is there, the value itself first. */
function places(value: unknown, location: readonly Key[] = []): readonly (readonly [readonly Key[], unknown])[] {
  const below =
    typeof value !== "object" || value === null
      ? []
      : Array.isArray(value)
        ? value.flatMap((item, index) => places(item, [...location, index]))
        : Object.entries(value).flatMap(([key, member]) => places(member, [...location, key]));
  return [[location, value], ...below];
}

const isWithin = (location: readonly Key[], above: readonly Key[]) =>
  above.every((key, index) => location[index] === key);
const isLeaf = (value: unknown) => typeof value !== "object" || value === null || Object.keys(value).length === 0;

test("nothing that a path matches is left, and all else is there as it was", () => {
  let matched = 0;
  fc.assert(
    fc.property(json, paths, (value, all) => {
      const found = locations(value, all);
      matched += found.length;
      const result = redactArguments(value, all);
      for (const location of found) expect(at(result, location)).toBe(redactedText);
      for (const [location, was] of places(value)) {
        if (found.some((above) => isWithin(location, above))) continue;
        const is = at(result, location);
        if (isLeaf(was)) expect(is).toEqual(was);
        else expect(Object.keys(is as object)).toEqual(Object.keys(was as object));
        expect(Array.isArray(is)).toBe(Array.isArray(was));
      }
    }),
    { numRuns: 1000 },
  );
  expect(matched).toBeGreaterThan(500);
});

test("the arguments are not changed", () => {
  fc.assert(
    fc.property(json, paths, (value, all) => {
      const before = JSON.stringify(value);
      redactArguments(value, all);
      expect(JSON.stringify(value)).toBe(before);
    }),
  );
});

test("what is redacted once stays as it is, and of a filter too nothing comes back", () => {
  fc.assert(
    fc.property(json, plainPaths, (value, all) => {
      const once = redactArguments(value, all);
      expect(redactArguments(once, all)).toEqual(once);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(json, paths, (value, all) => {
      const once = redactArguments(value, all);
      const twice = redactArguments(once, all);
      for (const [location, is] of places(once))
        if (is === redactedText) expect(at(twice, location)).toBe(redactedText);
    }),
  );
});

describe("redacts", () => {
  test.each<readonly [string, string, readonly string[], string]>([
    ["nothing without paths", '{"a":1}', [], '{"a":1}'],
    ["all", '{"a":1}', ["$"], '"[redacted]"'],
    [
      "a name wherever it is",
      '{"token":1,"a":[{"token":{"b":2}}]}',
      ["$..token"],
      '{"token":"[redacted]","a":[{"token":"[redacted]"}]}',
    ],
    [
      "a member that is called __proto__",
      '{"__proto__":{"a":1},"b":2}',
      ["$.__proto__.a"],
      '{"__proto__":{"a":"[redacted]"},"b":2}',
    ],
    ["no property that is not a member", '{"a":{}}', ["$.constructor", "$.a.toString"], '{"a":{}}'],
    [
      "the value of the field that a filter finds",
      '[{"name":"pin","value":1},{"name":"a","value":2}]',
      ["$[?@.name == 'pin'].value"],
      '[{"name":"pin","value":"[redacted]"},{"name":"a","value":2}]',
    ],
    ["all but what a filter keeps", '{"a":"x","b":"y"}', ["$[?@ != 'x']"], '{"a":"x","b":"[redacted]"}'],
    [
      "by several paths at once",
      '{"a":{"b":1,"c":2}}',
      ["$.a.b", "$.a['c']"],
      '{"a":{"b":"[redacted]","c":"[redacted]"}}',
    ],
  ])("%s", (_, text, all, expected) => {
    expect(JSON.stringify(redactArguments(JSON.parse(text), all))).toBe(expected);
  });

  test("a number that was kept as text as the number that it is", () => {
    const raw = (text: string) => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
    const value = { id: raw("12345678901234567890"), price: raw("1.0"), list: [raw("1e400")] };
    expect(JSON.stringify(redactArguments(value, ["$.price.rawJSON"]))).toBe(
      '{"id":12345678901234567890,"price":1.0,"list":[1e400]}',
    );
    expect(JSON.stringify(redactArguments(value, ["$.list[*]", "$[?@ == 1]"]))).toBe(
      '{"id":12345678901234567890,"price":"[redacted]","list":["[redacted]"]}',
    );
  });

  test("as deep as the gateway takes arguments, and much deeper", () => {
    const nested = (depth: number, inner: string) => `${'{"a":'.repeat(depth)}${inner}${"}".repeat(depth)}`;
    const result = redactArguments(JSON.parse(nested(1000, '{"token":1}')), ["$..token"]);
    expect(JSON.stringify(result)).toBe(nested(1000, '{"token":"[redacted]"}'));
  });
});

test("what many values and many paths cost does not multiply", () => {
  const value = JSON.parse(`{"a":${"[".repeat(90)}${'{"b":[]},'.repeat(50_000)}0${"]".repeat(90)}}`) as unknown;
  const all = Array.from({ length: 50 }, (_, index) => `$..secret${index}`);
  const seconds = (from: number) => (performance.now() - from) / 1000;
  const start = performance.now();
  expect(redactArguments(value, all)).toBe(value);
  // A walk for each of the paths takes many times as long, and one that copies where it is takes minutes.
  expect(seconds(start)).toBeLessThan(5);
});
