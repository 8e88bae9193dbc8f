import { readdirSync, readFileSync } from "node:fs";

/** A process with its command line and its resident memory. */
export interface RunningProcess {
  readonly pid: number;
  readonly command: string;
  readonly parent: number;
  readonly residentKb: number;
}

function readProcess(pid: number): RunningProcess | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const read = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return { pid, command, parent: read("PPid"), residentKb: read("VmRSS") };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

/** The process and all that it started, directly or not, as Linux tells. */
export function processTree(root: number): readonly RunningProcess[] {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  const all = new Map(pids.flatMap((pid) => readProcess(Number(pid)) ?? []).map((found) => [found.pid, found]));
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(all.get(pid)?.parent ?? 0));
  return [...all.values()].filter(({ pid }) => isBelow(pid));
}

/** Whether a process is there. */
export function isRunning(pid: number): boolean {
  return readProcess(pid) !== undefined;
}
