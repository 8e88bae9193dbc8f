import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { together } from "./together.ts";

type Event = { readonly kind: "ask" | "revoke"; readonly key: number } | { readonly kind: "wait" };
const events = fc.array(
  fc.oneof<fc.Arbitrary<Event>[]>(
    fc.record({ kind: fc.constant("ask" as const), key: fc.nat(3) }),
    fc.record({ kind: fc.constant("revoke" as const), key: fc.nat(3) }),
    fc.constant({ kind: "wait" }),
  ),
  { maxLength: 40 },
);

test("nobody is answered with what was true before they asked: a revocation holds from the next question on", async () => {
  let shared = 0;
  await fc.assert(
    fc.asyncProperty(events, fc.array(fc.nat(3), { minLength: 1 }), async (all, delays) => {
      const revocations = [0, 0, 0, 0];
      let reads = 0;
      let asked = 0;
      const find = together<number, number | undefined>(async (keys) => {
        reads += 1;
        expect(new Set(keys).size).toBe(keys.length);
        // As a database: what holds at some moment while it reads.
        for (let turn = delays[reads % delays.length] ?? 0; turn > 0; turn -= 1) await setImmediate();
        const rows = new Map(keys.map((key) => [key, revocations[key]]));
        await setImmediate();
        return (key) => rows.get(key);
      });
      const questions: Promise<void>[] = [];
      for (const event of all) {
        if (event.kind === "wait") await setImmediate();
        else if (event.kind === "revoke") revocations[event.key] = (revocations[event.key] ?? 0) + 1;
        else {
          asked += 1;
          const atLeast = revocations[event.key] ?? 0;
          questions.push(find(event.key).then((seen) => expect(seen).toBeGreaterThanOrEqual(atLeast)));
        }
      }
      await Promise.all(questions);
      expect(reads).toBeLessThanOrEqual(asked);
      shared += asked - reads;
    }),
    { numRuns: 200 },
  );
  // Otherwise nothing would have gone together.
  expect(shared).toBeGreaterThan(0);
});

test("a read that fails fails those it was for, and the next one is made", async () => {
  let fails = true;
  const find = together<string, string>(async () => {
    await setImmediate();
    if (fails) throw new Error("out of order");
    return (key) => key;
  });
  const first = find("a");
  const later = [find("b"), find("c")];
  await expect(first).rejects.toThrow("out of order");
  for (const each of later) await expect(each).rejects.toThrow("out of order");
  fails = false;
  expect(await find("d")).toBe("d");
});
