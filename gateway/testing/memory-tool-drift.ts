import type { Clock } from "../src/deps/process.ts";
import type { ToolDrift, ToolDriftStore } from "../src/deps/tool-drift.ts";

/** Drift of one process, in memory. */
export function memoryToolDrift(clock: Clock): ToolDriftStore {
  const rows = new Map<string, ToolDrift & { readonly lastSeenAt: Date }>();
  const keyOf = ({ server, tool, seen }: ToolDrift) => JSON.stringify([server, tool, seen]);
  return {
    list: async (server) => [...rows.values()].filter((row) => row.server === server),
    add: async (drift) => {
      if (rows.has(keyOf(drift))) return false;
      rows.set(keyOf(drift), { ...drift, lastSeenAt: clock() });
      return true;
    },
    touch: async (drift) => {
      if (rows.has(keyOf(drift))) rows.set(keyOf(drift), { ...drift, lastSeenAt: clock() });
    },
    remove: async (drift) => rows.delete(keyOf(drift)),
  };
}
