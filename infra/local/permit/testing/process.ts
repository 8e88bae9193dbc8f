import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
/** Ends the process when it answers anything that Permit's API does not. */
const checkExchanges = new URL("check-exchanges-in-process.ts", import.meta.url).href;

/** A local Permit in a process of its own, as a user starts it. */
export interface PermitProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it said on standard error so far. */
  messages(): string;
  /** Ends it with the signal and resolves with its exit code; null when the signal killed it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** What a process that ended by itself left behind. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const started = new Set<ChildProcess>();

function launch(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, ["--import", checkExchanges, main, ...args], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
  });
  started.add(child);
  child.once("exit", () => started.delete(child));
  return child;
}

/** Ends what a failed test left running: it would outlive the test run. */
export async function endAll(): Promise<void> {
  await Promise.all(
    [...started].map(async (child) => {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    }),
  );
}

/** Starts one and resolves when it says that it is ready. Throws when it ends first. */
export async function startProcess(args: readonly string[], orgKey?: string): Promise<PermitProcess> {
  const child = launch(args, orgKey === undefined ? {} : { PERMIT_LOCAL_ORG_KEY: orgKey });
  let messages = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    messages += chunk.toString();
  });
  if (child.stdout === null) throw new Error("The process has no output.");
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { ready: true; url: string };
    return {
      url,
      child,
      messages: () => messages,
      end: async (signal) => {
        const exit = once(child, "exit");
        child.kill(signal);
        const [code] = (await exit) as [number | null];
        return code;
      },
    };
  }
  throw new Error(`The process ended before it was ready: ${messages}`);
}

/** Runs one that is expected to end by itself. */
export async function runToEnd(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessEnd> {
  const child = launch(args, env);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
