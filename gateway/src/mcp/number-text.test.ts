/** Numbers as they are written, compared with what a reviver makes of every value of the same text. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseKeepingNumbers } from "./number-text.ts";

const source = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
};
const slowly = (text: string) =>
  source.parse(text, (_key, value, { source: written }) =>
    typeof value === "number" && written !== undefined && String(value) !== written ? source.rawJSON(written) : value,
  );
/** What the text is written as again, or that it can't be parsed. */
const outcome = (parse: (text: string) => unknown, text: string) => {
  try {
    return JSON.stringify(parse(text));
  } catch (error) {
    return (error as Error).name;
  }
};

const number = fc.oneof(
  fc.constantFrom("1.0", "1e400", "-1e400", "-0", "0.10", "12345678901234567890", "1E+2", "1e-999", "0", "-7", "1.5"),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toExponential()),
  fc.bigInt().map(String),
);
const text = fc.letrec<{ value: string }>((tie) => {
  const string = fc.oneof(
    fc.string({ unit: "binary" }).map((value) => JSON.stringify(value)),
    fc.constantFrom('"[1e400,0]"', '"\\\\"', '"\\"1.0"', '"1.0,"', '"__proto__"', '"a"'),
  );
  const value = tie("value");
  const member = fc.tuple(string, value).map((pair) => pair.join(": "));
  return {
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      number,
      string,
      fc.constantFrom("null", "true", "[1e400,0]", "[1e400]", "{}"),
      fc.array(value, { maxLength: 5 }).map((values) => `[${values.join(" ,\n")}]`),
      fc.array(member, { maxLength: 5 }).map((members) => `{${members.join()}}`),
    ),
  };
}).value;

describe("is what a reviver makes of it", () => {
  const isTheSame = (json: string) => {
    expect(outcome(parseKeepingNumbers, json)).toBe(outcome(slowly, json));
  };

  test("for JSON", () => {
    fc.assert(fc.property(text, isTheSame), { numRuns: 2_000 });
  });

  test("for what is nearly JSON", () => {
    const near = fc.tuple(text, fc.nat(), fc.constantFrom(...'0123.eE+-[]{},:"\\ x')).map(([json, at, character]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + character + json.slice(place + (at % 2));
    });
    fc.assert(fc.property(near, isTheSame), { numRuns: 5_000 });
  });

  test.each([
    ...[
      "1.0",
      " -0 ",
      "1.0.0",
      "01.0",
      "1.",
      ".5",
      "1e",
      "--1.0",
      "1.0 1.0",
      "[1.0",
      '"1.0',
      "-",
      "1.0e400e1",
      "tru1.0e",
    ],
    ...[
      "{1.0:2}",
      '{"a":1.0,"a":2}',
      '{"a":2,"a":1.0}',
      '{"__proto__":1.0}',
      '{"__proto__":{"__proto__":[1e400,1.0]}}',
    ],
    ...['{"2":1.0,"1":2.0}', "[[1e400,0],[1e400,1e400]]", "[1e400,0,1.0]", '{"constructor":1.0,"toString":-0}'],
  ])("for %s", (json) => isTheSame(json));
});

test("however deep it nests", () => {
  const [open, close] = ["[".repeat(50_000), "]".repeat(50_000)];
  expect(() => parseKeepingNumbers(`${open}1.0${close}`)).not.toThrow();
});

test("keeps 100,000 numbers, and refuses more at the next one", () => {
  const many = (count: number) => `[${"1e0,".repeat(count)}1]`;
  expect(JSON.stringify(parseKeepingNumbers(many(100_000)))).toBe(many(100_000));
  expect(() => parseKeepingNumbers(many(100_001))).toThrow(SyntaxError);
});
