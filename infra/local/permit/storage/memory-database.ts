import { countOf, type StoredChunk } from "../audit/decision-chunk.ts";
import { type Database, decisionsMax } from "./database.ts";

/** No durability: for tests and for trying things out. */
export function openMemory(): Database {
  const decisions = new Map<string, StoredChunk[]>();
  return {
    failed: new Promise(() => undefined),
    load: async function* () {},
    append: async (changes) => {
      for (const { kind, id, body } of changes) if (kind === "environment" && body === null) decisions.delete(id);
    },
    appendDecisions: async (chunks) => {
      for (const chunk of chunks) {
        const known = decisions.get(chunk.environmentId) ?? [];
        known.push({ ...chunk, lines: Uint8Array.from(chunk.lines) });
        decisions.set(chunk.environmentId, known);
        let behind = countOf(known.slice(1));
        while (behind >= decisionsMax) {
          known.shift();
          behind -= known[0]?.count ?? behind;
        }
      }
    },
    decisions: async function* (environmentId) {
      for (const { lines } of (decisions.get(environmentId) ?? []).toReversed()) yield lines;
    },
    close: async () => undefined,
  };
}
