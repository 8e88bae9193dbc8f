import { processTree } from "../testing/process-tree.ts";

const everyMs = 100;

/** Looks every tenth of a second at how much memory a process and all below it have. `stop` tells the most, in MB. */
export function measureMemory(pid: number): { stop(): number } {
  let mostKb = 0;
  const timer = setInterval(() => {
    const sumKb = processTree(pid).reduce((sum, { residentKb }) => sum + residentKb, 0);
    mostKb = Math.max(mostKb, sumKb);
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.round(mostKb / 1_024);
    },
  };
}
