/** Runs before every test file: a test fails when a local Permit answered anything that Permit's API does not. */
import { afterEach, expect } from "vitest";
import { watchExchanges } from "./watch-exchanges.ts";

const violations: string[] = [];

/** The violations since the last call or test. */
export function takeViolations(): readonly string[] {
  return violations.splice(0);
}

watchExchanges((violation) => violations.push(violation));
afterEach(() => expect(takeViolations(), "answers that differ from Permit's API description").toEqual([]));
