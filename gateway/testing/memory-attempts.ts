import type { AttemptStore } from "../src/deps/attempts.ts";
import type { Clock } from "../src/deps/process.ts";

/** Attempts of one process, in memory. */
export function memoryAttempts(clock: Clock): AttemptStore {
  const windows = new Map<string, { count: number; readonly endsAtMs: number }>();
  return {
    take: async ({ key, max, windowSeconds }) => {
      const nowMs = clock().getTime();
      const open = windows.get(key);
      const window =
        open === undefined || open.endsAtMs <= nowMs ? { count: 0, endsAtMs: nowMs + windowSeconds * 1000 } : open;
      window.count += 1;
      windows.set(key, window);
      return window.count <= max ? undefined : Math.ceil((window.endsAtMs - nowMs) / 1000);
    },
    giveBack: async (key) => {
      const window = windows.get(key);
      if (window !== undefined) window.count = Math.max(0, window.count - 1);
    },
    clear: async (key) => void windows.delete(key),
  };
}
