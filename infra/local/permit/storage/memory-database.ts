import { matches } from "../audit/audit-filter.ts";
import type { LoggedDecision } from "../audit/logged-decision.ts";
import { type Database, decisionsMax } from "./database.ts";

/** No durability: for tests and for trying things out. */
export function openMemory(): Database {
  const decisions = new Map<string, LoggedDecision[]>();
  return {
    failed: new Promise(() => undefined),
    load: async function* () {},
    append: async (changes) => {
      for (const { kind, id, body } of changes) if (kind === "environment" && body === null) decisions.delete(id);
    },
    appendDecisions: async (rows) => {
      for (const { environmentId, decision } of rows) {
        const known = decisions.get(environmentId) ?? [];
        known.push(decision);
        // Not at every one: removing the first of an array moves all others.
        decisions.set(environmentId, known.length < 2 * decisionsMax ? known : known.slice(-decisionsMax));
      }
    },
    listDecisions: async (environmentId, filter, { offset, limit }) => {
      const kept = (decisions.get(environmentId) ?? []).slice(-decisionsMax);
      const matching = kept.filter((row) => matches(filter, row)).toReversed();
      return { decisions: matching.slice(offset, offset + limit), total: matching.length };
    },
    findDecision: async (environmentId, id) => decisions.get(environmentId)?.find((row) => row.id === id),
    close: async () => undefined,
  };
}
