/** What a process uses, as Linux counts it. For processes of this machine that can be read by whoever asks. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The kernel's unit of processor time: `sysconf(_SC_CLK_TCK)`, 100 a second on every Linux that Node runs on. */
const microsPerTick = 10_000;

/** MB (10^6 bytes) resident now, and at its highest. */
export function memoryMb(pid: number): { readonly resident: number; readonly highest: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string) =>
    Math.round((Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024) / 1e6);
  return { resident: read("VmRSS"), highest: read("VmHWM") };
}

/** Microseconds of processor time so far, of the program and of the system for it. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name and may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [fields[11], fields[12]];
  return (Number(user) + Number(system)) * microsPerTick;
}

/** How many files and sockets it has open. */
export function openFiles(pid: number): { readonly all: number; readonly sockets: number } {
  const names = readdirSync(`/proc/${pid}/fd`);
  const sockets = names.filter((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith("socket:");
    } catch {
      // Closed meanwhile.
      return false;
    }
  });
  return { all: names.length, sockets: sockets.length };
}
