import fc from "fast-check";
import { expect, test } from "vitest";
import { prefixOf, routeOf, withPrefix } from "./prefixed-name.ts";

/** Few characters, so that keys and names get into each other's way. */
const key = fc.stringMatching(/^[a_-]{1,6}$/);
const name = fc.stringMatching(/^[a_-]{0,6}$/);

test("a name leads to its own server and tool, whatever other servers and tools are called", () => {
  fc.assert(
    fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 8 }), name, fc.nat(), (keys, tool, index) => {
      const servers = keys.map((server) => ({ server }));
      const own = keys[index % keys.length] ?? "";
      expect(routeOf(servers, withPrefix(own, tool))).toEqual({ to: { server: own }, name: tool });
    }),
    { numRuns: 2_000 },
  );
});

test("two servers never share a name", () => {
  fc.assert(
    fc.property(key, name, key, name, (a, one, b, other) => {
      expect(withPrefix(a, one) === withPrefix(b, other)).toBe(a === b && one === other);
    }),
    { numRuns: 2_000 },
  );
});

test("keys as they mostly are stay as they are", () => {
  for (const plain of ["linear", "issue-tracker", "my_wiki", "A1"]) expect(prefixOf(plain)).toBe(plain);
  expect(withPrefix("a__b", "c")).toBe("a_-_-b__c");
  expect(withPrefix("a", "b__c")).toBe("a__b__c");
});
