import { expect, test } from "vitest";
import { canonicalEmail, isEmail } from "./email.ts";

const label = (length: number) => "d".repeat(length);

test.each([
  "lead@example.com",
  "first.last+tag@mail.example.com",
  "O'Neil@Example.COM",
  `a@${label(63)}.com`,
  // 254 characters in all, the longest there is.
  `${"a".repeat(62)}@${label(63)}.${label(63)}.${label(63)}`,
])("%s is an address", (text) => {
  expect(isEmail(text)).toBe(true);
});

test.each([
  "",
  "lead",
  "lead@example",
  "@example.com",
  "lead@@example.com",
  "lead@-example.com",
  "lead@example..com",
  "le ad@example.com",
  "lead@example.com\n",
  "lead@example.com|agent",
  "lead@exаmple.com",
  `a@${label(64)}.com`,
  `${"a".repeat(63)}@${label(63)}.${label(63)}.${label(63)}`,
])("%j is none", (text) => {
  expect(isEmail(text)).toBe(false);
});

test("the canonical form changes A-Z and nothing else", () => {
  expect(canonicalEmail("O'Neil@Example.COM")).toBe("o'neil@example.com");
  expect(canonicalEmail("\u212A\u0130@example.com")).toBe("\u212A\u0130@example.com");
});
