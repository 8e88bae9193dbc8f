/** What is shipped from memory is what the database has: after whatever appends, for whatever is asked. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AuditShipments, AuditStore, StoredLine } from "../deps/audit-store.ts";
import { withRecentLines } from "./recent-lines.ts";

/** The two questions that it answers, and how often the database was asked. */
function databaseOf() {
  const chains = new Map<string, StoredLine[]>();
  let reads = 0;
  const store = {
    append: async (_before: unknown, _after: unknown, lines: readonly StoredLine[]) => {
      const chain = lines[0]?.chain ?? "";
      chains.set(chain, [...(chains.get(chain) ?? []), ...lines]);
      return true;
    },
  } as unknown as AuditStore;
  const lines: AuditShipments["lines"] = async (chain, after, limit) => {
    reads += 1;
    return (chains.get(chain) ?? []).slice(after, after + limit);
  };
  return { chains, store, shipments: { lines } as AuditShipments, reads: () => reads };
}

const linesOf = (chain: string, from: number, count: number, length = 20): StoredLine[] =>
  Array.from({ length: count }, (_, at) => {
    const sequence = from + at;
    const about = { id: `${chain}-${sequence}`, event: "request", human: null, agent: null, server: null, tool: null };
    const time = new Date(sequence).toISOString();
    return {
      ...about,
      chain,
      sequence,
      time,
      decision: "allow",
      code: "ALLOWED",
      line: `${sequence}`.padEnd(length, "x"),
    };
  });
const head = { chain: "", sequence: 0, hash: "", openFrom: 1 };

describe("lines", () => {
  const appends = fc.record({
    chain: fc.constantFrom("a", "b"),
    count: fc.integer({ min: 1, max: 5 }),
    /** Up to a third of all that is remembered. */
    length: fc.constantFrom(20, 1_000_000, 2_500_000),
    how: fc.constantFrom("confirmed", "confirmed", "confirmed", "unknown", "refused"),
  });
  const asks = fc.record({
    chain: fc.constantFrom("a", "b"),
    after: fc.nat(40),
    limit: fc.integer({ min: 1, max: 10 }),
  });

  test("are the next ones of the chain, as the database has them, and none only where it has none", async () => {
    const run = async (all: readonly (readonly ["append" | "ask", unknown])[]) => {
      const { chains, store, shipments } = databaseOf();
      let how = "confirmed";
      const failing = {
        ...store,
        append: async (...args: Parameters<AuditStore["append"]>) => {
          if (how === "refused") return false;
          await store.append(...args);
          // It was done, and nobody heard of it.
          if (how === "unknown") throw new Error("The connection broke.");
          return true;
        },
      };
      const recent = withRecentLines(failing, shipments);
      for (const [what, value] of all) {
        if (what === "append") {
          const {
            chain,
            count,
            length,
            how: next,
          } = value as { chain: string; count: number; length: number; how: string };
          how = next;
          const from = (chains.get(chain)?.length ?? 0) + 1;
          await recent.store.append(head, head, linesOf(chain, from, count, length)).catch(() => false);
        } else {
          const { chain, after, limit } = value as { chain: string; after: number; limit: number };
          const got = await recent.shipments.lines(chain, after, limit);
          const there = (chains.get(chain) ?? []).slice(after, after + limit);
          expect(got).toEqual(there.slice(0, got.length));
          expect(got.length > 0).toBe(there.length > 0);
        }
      }
    };
    const step = fc.oneof(
      fc.tuple(fc.constant("append" as const), appends),
      fc.tuple(fc.constant("ask" as const), asks),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), run), { numRuns: 200 });
  });

  test("that were just appended are not read back", async () => {
    const { store, shipments, reads } = databaseOf();
    const recent = withRecentLines(store, shipments);
    await recent.store.append(head, head, linesOf("a", 1, 3));
    await recent.store.append(head, head, linesOf("a", 4, 2));
    expect((await recent.shipments.lines("a", 1, 3)).map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
    expect(reads()).toBe(0);
    expect(await recent.shipments.lines("b", 0, 3)).toEqual([]);
    expect(reads()).toBe(1);
  });

  test("of a process that nobody ships for are forgotten beyond some megabytes", async () => {
    const { store, shipments, reads } = databaseOf();
    const recent = withRecentLines(store, shipments);
    for (let from = 1; from <= 20; from += 1) await recent.store.append(head, head, linesOf("a", from, 1, 1_000_000));
    await recent.shipments.lines("a", 0, 1);
    expect(reads()).toBe(1);
    await recent.shipments.lines("a", 19, 1);
    expect(reads()).toBe(1);
  });
});
