import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { argumentsDigest } from "./arguments-digest.ts";
import { canonicalJson } from "./canonical-json.ts";

const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");
const raw = (text: string) => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);

test("is the SHA-256 of canonical JSON", () => {
  // The digest of "{}" as any other program computes it.
  expect(argumentsDigest({})).toBe("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  expect(argumentsDigest(undefined)).toBe(argumentsDigest({}));
  expect(argumentsDigest(null)).toBe(sha256("null"));
  expect(argumentsDigest({ b: [1, "\u20ac"], a: null, 10: -0, 9: 1e21 })).toBe(
    sha256('{"10":0,"9":1e+21,"a":null,"b":[1,"\u20ac"]}'),
  );
});

test("is the same in whatever order the members came, and another for other arguments", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).toReversed());
      expect(argumentsDigest(turned)).toBe(argumentsDigest(value));
      expect(argumentsDigest({ ...value, more: [value] })).not.toBe(argumentsDigest(value));
    }),
  );
});

describe("a number that was kept as text", () => {
  test.each([
    ["1.0", "1"],
    ["-0", "0"],
    ["-0.0e5", "0"],
    ["0.10", "0.1"],
    ["1E3", "1000"],
    ["1000000000000000000000", "1e+21"],
    ["-2.50e-3", "-0.0025"],
    ["9007199254740993", "9007199254740993"],
    ["12345678901234567890", "12345678901234567890"],
    ["1e400", "1e400"],
    [`1e${"9".repeat(400)}`, `1e${"9".repeat(400)}`],
  ])("%s is %s", (text, expected) => {
    expect(canonicalJson([raw(text)])).toBe(`[${expected}]`);
  });

  test("is as a double where it is one", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(3), (double, zeros) => {
        const [mantissa = "", exponent = ""] = double.toExponential().split("e");
        const text = `${mantissa}${mantissa.includes(".") ? "" : "."}0${"0".repeat(zeros)}e${exponent}`;
        expect(canonicalJson(raw(text))).toBe(JSON.stringify(double));
      }),
    );
  });

  test("of a million digits takes no time to speak of", () => {
    const text = `1${"0".repeat(500_000)}1${"0".repeat(499_000)}`;
    const start = performance.now();
    expect(canonicalJson(raw(text))).toBe(text);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
