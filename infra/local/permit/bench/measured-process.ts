import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { observeArguments, observed } from "../../../bench/observed.ts";
import { cpuMicros, memoryMb } from "../../../bench/process-usage.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** A local Permit as a user starts it, but for being asked how much memory it uses. */
export interface MeasuredProcess {
  readonly url: string;
  /** From the start of the process until it said that it is ready. */
  readonly startMs: number;
  /** MB (10^6 bytes): resident now and at its highest, as the kernel counts it, and JavaScript objects in use. */
  memoryMb(): Promise<{ readonly resident: number; readonly highest: number; readonly heap: number }>;
  /** Microseconds of processor time so far, of the program and of the system for it. */
  cpuMicros(): number;
  /** Ends it with the signal. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts one and resolves when it is ready; `folder` is for the socket it is asked by. Throws when it ends first. */
export async function startMeasured(args: readonly string[], orgKey: string, folder: string): Promise<MeasuredProcess> {
  const at = performance.now();
  const socket = join(folder, "observe");
  const child = spawn(process.execPath, [...observeArguments(socket), main, ...args], {
    env: { PATH: process.env.PATH, PERMIT_LOCAL_ORG_KEY: orgKey },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { pid = 0 } = child;
  for await (const line of createInterface({ input: child.stdout })) {
    const startMs = Math.round(performance.now() - at);
    const { url } = JSON.parse(line) as { readonly url: string };
    return {
      url,
      startMs,
      cpuMicros: () => cpuMicros(pid),
      memoryMb: async () => {
        const { memory } = await observed(socket).usage();
        return { ...memoryMb(pid), heap: Math.round(memory.heapUsed / 1e6) };
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
