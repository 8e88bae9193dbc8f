import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inOrder } from "./query-order.ts";

interface Item {
  readonly at: number;
  readonly source: number;
}

async function collect(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const compare = (a: Item, b: Item) => a.at - b.at || a.source - b.source;

function sourcesOf(lists: readonly (readonly number[])[], opened: { now: number; most: number }) {
  return lists
    .map((list, source) => {
      const items = list.toSorted((a, b) => a - b).map((at) => ({ at, source }));
      return {
        begins: items[0]?.at ?? 0,
        async *open() {
          opened.now += 1;
          opened.most = Math.max(opened.most, opened.now);
          try {
            yield* items;
          } finally {
            opened.now -= 1;
          }
        },
      };
    })
    .toSorted((a, b) => a.begins - b.begins);
}

describe("inOrder", () => {
  test("gives every item of every source, in order, and leaves none open", async () => {
    const lists = fc.array(fc.array(fc.nat(20), { maxLength: 6 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(lists, async (given) => {
        const opened = { now: 0, most: 0 };
        const found = await collect(inOrder(sourcesOf(given, opened), ({ at }) => at, compare));
        const all = given.flatMap((list, source) => list.map((at) => ({ at, source })));
        expect(found).toEqual(all.toSorted(compare));
        expect(opened.now).toBe(0);
      }),
    );
  });

  test("holds only the sources that overlap", async () => {
    const opened = { now: 0, most: 0 };
    const lists = Array.from({ length: 50 }, (_, index) => [index * 10, index * 10 + 5]);
    expect(await collect(inOrder(sourcesOf(lists, opened), ({ at }) => at, compare))).toHaveLength(100);
    expect(opened.most).toBe(1);
  });

  test("closes what is open when its reader has enough", async () => {
    const opened = { now: 0, most: 0 };
    for await (const _item of inOrder(
      sourcesOf(
        [
          [1, 4],
          [2, 3],
        ],
        opened,
      ),
      ({ at }) => at,
      compare,
    ))
      break;
    expect(opened.now).toBe(0);
  });
});
