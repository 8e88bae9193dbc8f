import { readdirSync, readFileSync } from "node:fs";

/** Parent and resident memory in kB of every process. */
function processes(): ReadonlyMap<number, { readonly parent: number; readonly residentKb: number }> {
  const found = new Map<number, { parent: number; residentKb: number }>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      const read = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
      found.set(Number(name), { parent: read("PPid"), residentKb: read("VmRSS") });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

const everyMs = 100;

/** Looks every tenth of a second at how much memory a process and all below it have. `stop` tells the most, in MB. */
export function measureMemory(pid: number): { stop(): number } {
  let mostKb = 0;
  const look = () => {
    const all = processes();
    const isBelow = (id: number): boolean => id === pid || (id > 1 && isBelow(all.get(id)?.parent ?? 0));
    const sumKb = [...all].reduce((sum, [id, { residentKb }]) => (isBelow(id) ? sum + residentKb : sum), 0);
    mostKb = Math.max(mostKb, sumKb);
  };
  const timer = setInterval(look, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.round(mostKb / 1_024);
    },
  };
}
