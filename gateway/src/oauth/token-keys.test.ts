import fc from "fast-check";
import { expect, test } from "vitest";
import { accessTokenSeconds } from "./token-format.ts";
import { keysAt } from "./token-keys.ts";

const minute = 60_000;
const keySets = fc
  .uniqueArray(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 6 })
  .map((minutes) => minutes.map((at) => ({ id: String(at), createdAt: new Date(at * minute) })));
/** As they were stored at a moment. */
const storedAt = (keys: readonly { id: string; createdAt: Date }[], now: Date) =>
  keys.filter(({ createdAt }) => createdAt <= now);

test("the key of every token is published five minutes before and as long as the token lives", () => {
  fc.assert(
    fc.property(keySets, fc.integer({ min: 0, max: 6_000 }), fc.integer({ min: -5, max: 10 }), (keys, at, offset) => {
      const now = new Date(at * minute);
      const stored = storedAt(keys, now);
      fc.pre(stored.length > 0);
      const { signing, published } = keysAt(stored, now);
      expect(published).toContain(signing);
      const first = Math.min(...stored.map(({ createdAt }) => createdAt.getTime()));
      // The first of all signs at once: there is no other.
      if (offset < 0 && signing?.createdAt.getTime() === first) return;
      const then = new Date(now.getTime() + offset * minute);
      expect(keysAt(storedAt(keys, then), then).published).toContain(signing);
    }),
  );
  expect(accessTokenSeconds).toBe(10 * 60);
});

test("what is deleted is not published, and its deletion changes nothing", () => {
  fc.assert(
    fc.property(keySets, fc.integer({ min: 5_000, max: 6_000 }), (keys, at) => {
      const now = new Date(at * minute);
      const { signing, published, retired } = keysAt(keys, now);
      expect([...published, ...retired]).toHaveLength(keys.length);
      const left = keysAt(published, now);
      expect([left.signing, left.published, left.retired]).toEqual([signing, published, []]);
    }),
  );
});
