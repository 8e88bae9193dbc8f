import { describe, expect, test } from "vitest";
import { plainHost } from "../testing/plain-model.ts";
import { peopleOf } from "./people.ts";

/** A host of these groups. */
function hostOf(groups: Readonly<Record<string, readonly string[]>>) {
  const emails = [...new Set(Object.values(groups).flat())];
  const groupsOf = (human: string) => Object.keys(groups).filter((name) => groups[name]?.includes(human));
  const humans = emails.map((email) => ({ email, groups: groupsOf(email) }));
  return plainHost({ humans: [], servers: [], grants: [] }, { humans });
}

describe("people are named", () => {
  test.each<readonly [string, Record<string, string[]>, Record<string, string[]>, string[], object]>([
    [
      "by a group of which all are among them",
      { ops: ["a", "b"] },
      { ops: ["a", "b"] },
      ["a", "b"],
      { groups: [{ name: "ops", members: 2 }], others: [] },
    ],
    [
      "one by one where a member is missing",
      { ops: ["a", "b", "c"] },
      { ops: ["a", "b", "c"] },
      ["a", "b"],
      { groups: [], others: ["a", "b"] },
    ],
    [
      "by the group and the rest",
      { ops: ["a", "b"] },
      { ops: ["a", "b"] },
      ["a", "b", "c"],
      { groups: [{ name: "ops", members: 2 }], others: ["c"] },
    ],
    [
      "by a group that is new",
      {},
      { ops: ["a", "b"] },
      ["a", "b"],
      { groups: [{ name: "ops", members: 2 }], others: [] },
    ],
    [
      "by a group that is gone",
      { ops: ["a", "b"] },
      {},
      ["a", "b"],
      { groups: [{ name: "ops", members: 2 }], others: [] },
    ],
    [
      "by a group that has grown, with those of both times",
      { ops: ["a", "b"] },
      { ops: ["b", "c"] },
      ["a", "b", "c"],
      { groups: [{ name: "ops", members: 3 }], others: [] },
    ],
    [
      "by a group as it was where only those are among them",
      { ops: ["a", "b"] },
      { ops: ["a", "b", "c"] },
      ["a", "b"],
      { groups: [{ name: "ops", members: 2 }], others: [] },
    ],
    [
      "by the larger of two groups, when it has all of the smaller one",
      { all: ["a", "b", "c"], ops: ["a", "b"] },
      {},
      ["a", "b", "c"],
      { groups: [{ name: "all", members: 3 }], others: [] },
    ],
    [
      "by both groups, when each has somebody of its own",
      { dev: ["b", "c"], ops: ["a", "b"] },
      {},
      ["a", "b", "c"],
      {
        groups: [
          { name: "dev", members: 2 },
          { name: "ops", members: 2 },
        ],
        others: [],
      },
    ],
    [
      "by address where the group is that one human",
      { boss: ["a"] },
      { boss: ["a"] },
      ["a"],
      { groups: [], others: ["a"] },
    ],
  ])("%s", (_, before, after, humans, expected) => {
    expect(peopleOf(hostOf(before), hostOf(after))(humans)).toEqual({ humans, ...expected });
  });
});
