import fc from "fast-check";
import { expect, test } from "vitest";
import { effectiveTrust, levelsFrom, levelsUpTo, reaches, type TrustLevel, trustLevels } from "./trust.ts";

const level = fc.constantFrom(...trustLevels);

test.each<[TrustLevel, TrustLevel, TrustLevel]>([
  ["low", "low", "low"],
  ["low", "medium", "low"],
  ["low", "high", "low"],
  ["medium", "low", "low"],
  ["medium", "medium", "medium"],
  ["medium", "high", "medium"],
  ["high", "low", "low"],
  ["high", "medium", "medium"],
  ["high", "high", "high"],
])("ceiling %s and consent %s give %s", (ceiling, consent, effective) => {
  expect(effectiveTrust(ceiling, consent)).toBe(effective);
});

test("effective trust is a minimum: commutative, associative, idempotent, never above either", () => {
  fc.assert(
    fc.property(level, level, level, (a, b, c) => {
      expect(effectiveTrust(a, b)).toBe(effectiveTrust(b, a));
      expect(effectiveTrust(a, effectiveTrust(b, c))).toBe(effectiveTrust(effectiveTrust(a, b), c));
      expect(effectiveTrust(a, a)).toBe(a);
      expect(reaches(a, effectiveTrust(a, b))).toBe(true);
      // What both reach is exactly what the effective trust reaches.
      expect(reaches(effectiveTrust(a, b), c)).toBe(reaches(a, c) && reaches(b, c));
    }),
  );
});

test("levels up to and from a level are the two sides of `reaches`", () => {
  for (const one of trustLevels) {
    expect(levelsUpTo(one)).toEqual(trustLevels.filter((other) => reaches(one, other)));
    expect(levelsFrom(one)).toEqual(trustLevels.filter((other) => reaches(other, one)));
  }
});
