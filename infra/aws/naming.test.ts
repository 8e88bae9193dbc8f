import fc from "fast-check";
import { expect, test } from "vitest";
import { namesOf } from "./naming.ts";

// What Pulumi allows in a stack's name; as long as a database's name can be of any of them.
const stack = fc.stringMatching(/^[A-Za-z0-9_.-]{1,19}$/);

test("no two stacks have one database or one log group", () => {
  fc.assert(
    fc.property(stack, stack, (one, other) => {
      fc.pre(one !== other);
      expect(namesOf(one).databaseUser).not.toBe(namesOf(other).databaseUser);
      expect(namesOf(one).logPrefix).not.toBe(namesOf(other).logPrefix);
    }),
  );
  expect(["a-b", "a_b", "a.b", "A-B", "a_2db"].map((name) => namesOf(name).databaseUser)).toEqual([
    ...["host_a_2db", "host_a_5fb", "host_a_2eb", "host__41_2d_42", "host_a_5f2db"],
  ]);
});

test("names are such that AWS and PostgreSQL take them", () => {
  fc.assert(
    fc.property(stack, (name) => {
      const names = namesOf(name);
      expect(names.databaseUser).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
      expect(names.database).toMatch(/^[a-z](-?[a-z0-9])*$/);
      expect(names.prefix).toMatch(/^[A-Za-z0-9_-]+$/);
    }),
  );
  expect(() => namesOf("A".repeat(30))).toThrow(/makes a database name of over 63 characters/);
});
