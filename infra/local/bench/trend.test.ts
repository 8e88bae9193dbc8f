import { expect, test } from "vitest";
import { isFlat, slopeOf } from "./trend.ts";

test("the slope of a line is its own, and of noise around one level small", () => {
  expect(slopeOf([1, 3, 5, 7])).toBe(2);
  expect(slopeOf([5, 5, 5])).toBe(0);
  expect(Math.abs(slopeOf([10, 12, 9, 11, 10, 12, 9, 11]))).toBeLessThan(0.2);
  expect(slopeOf([1])).toBeNaN();
});

test("what grows is not flat, however it goes up and down; what goes up once and down again is, and what gets warm", () => {
  expect(isFlat([100, 130, 102, 128, 101, 131], 0.1)).toBe(true);
  expect(isFlat([100, 100, 180, 101, 102, 101], 0.1)).toBe(true);
  expect(isFlat([50, 90, 101, 102, 101, 103], 0.1)).toBe(true);
  expect(isFlat([100, 120, 115, 135, 130, 150], 0.1)).toBe(false);
});
