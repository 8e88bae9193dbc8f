import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const report = new URL("report-memory.ts", import.meta.url).href;

/** A local Permit as a user starts it, but for being asked how much memory it uses. */
export interface MeasuredProcess {
  readonly url: string;
  /** From the start of the process until it said that it is ready. */
  readonly startMs: number;
  /** MB (10^6 bytes): resident now and at its highest, as the kernel counts it, and JavaScript objects in use. */
  memoryMb(): Promise<{ readonly resident: number; readonly highest: number; readonly heap: number }>;
  /** Microseconds of processor time so far, of the program and of the system for it. */
  cpuMicros(): Promise<number>;
  /** Ends it with the signal. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const mb = (bytes: number) => Math.round(bytes / 1e6);

function residentMb({ pid }: ChildProcess, name: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return mb(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024);
}

interface Usage {
  readonly memory: NodeJS.MemoryUsage;
  readonly cpu: NodeJS.CpuUsage;
}

async function ask(child: ChildProcess): Promise<Usage> {
  const answer = once(child, "message");
  child.send("usage");
  const [usage] = (await answer) as [Usage];
  return usage;
}

/** Starts one and resolves when it is ready. Throws when it ends first. */
export async function startMeasured(args: readonly string[], orgKey: string): Promise<MeasuredProcess> {
  const at = performance.now();
  const child = spawn(process.execPath, ["--import", report, main, ...args], {
    env: { PATH: process.env.PATH, PERMIT_LOCAL_ORG_KEY: orgKey },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  if (child.stdout === null) throw new Error("The process has no output.");
  for await (const line of createInterface({ input: child.stdout })) {
    const startMs = Math.round(performance.now() - at);
    const { url } = JSON.parse(line) as { readonly url: string };
    return {
      url,
      startMs,
      cpuMicros: async () => {
        const { cpu } = await ask(child);
        return cpu.user + cpu.system;
      },
      memoryMb: async () => {
        const { memory } = await ask(child);
        const [resident, highest] = [residentMb(child, "VmRSS"), residentMb(child, "VmHWM")];
        return { resident, highest, heap: mb(memory.heapUsed) };
      },
      end: async (signal) => {
        const exit = once(child, "exit");
        child.kill(signal);
        await exit;
      },
    };
  }
  throw new Error("The process ended before it was ready.");
}
