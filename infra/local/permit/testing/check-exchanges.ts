/** Runs before every test file: a test fails when a local Permit answered anything that Permit's API does not. */
import { afterEach, expect } from "vitest";
import { takeViolations } from "./seen-violations.ts";

afterEach(() => expect(takeViolations(), "answers that differ from Permit's API description").toEqual([]));
