import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { oneAtATime } from "./one-at-a-time.ts";

test("what comes while a run is under way goes into the next one, all of it; a run that fails fails its own alone", async () => {
  const runs: { readonly items: readonly string[]; readonly end: PromiseWithResolvers<void> }[] = [];
  const add = oneAtATime<string>((items) => {
    const end = Promise.withResolvers<void>();
    runs.push({ items, end });
    return end.promise;
  });
  const first = [add("a"), add("b")];
  await setImmediate();
  const second = [add("c"), add("d")];
  await setImmediate();
  expect(runs.map(({ items }) => items)).toEqual([["a", "b"]]);

  runs[0]?.end.reject(new Error("No."));
  expect((await Promise.allSettled(first)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await setImmediate();
  expect(runs.map(({ items }) => items)).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  runs[1]?.end.resolve();
  await Promise.all(second);
});
