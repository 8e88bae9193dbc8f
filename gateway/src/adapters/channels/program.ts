/** A program that the gateway starts for a session: what it gets, and that nothing of it is left. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What to start. */
export interface ProgramSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** Of its own, with the secrets in it. */
  readonly env: Readonly<Record<string, string>>;
}

/** A program that runs, or did. */
export interface Program {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves with how it ended, in words, once it has and its output was read. */
  readonly ended: Promise<string>;
  /** Ends it as MCP wants (stdin closed, then signals), with all that it has started. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** Between closing its input, asking it to end (SIGTERM) and ending it (SIGKILL). */
const patienceMs = 1_000;

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // Nobody is left in it.
  }
}

/**
 * Starts a program without a shell, in an empty folder of its own and a process group of its own. Of the gateway's
 * environment it gets nothing: there are the keys of Permit, of the database and of the cloud in it.
 */
export function startProgram({ command, args, env }: ProgramSpec): Program {
  const folder = mkdtempSync(join(tmpdir(), "mcp-program-"));
  const path = [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(":");
  const child = spawn(command, args, {
    cwd: folder,
    env: { PATH: path, HOME: folder, TMPDIR: folder, LANG: "C.UTF-8", ...env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    shell: false,
  });
  // A program that has gone takes no input: how it went is told by `ended`. Nor may a broken pipe end the gateway.
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.on("error", () => undefined);
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once("error", (error: NodeJS.ErrnoException) => resolve(`can't be started (${error.code ?? "unknown"})`));
  child.once("exit", () => {
    // What it has started would keep its pipes open, and go on after it.
    signalGroup(child.pid, "SIGKILL");
    // What has left its process group may hold them still.
    setTimeout(() => [child.stdout, child.stderr].map((stream) => stream.destroy()), patienceMs).unref();
  });
  child.once("close", (code, signal) => resolve(`ended (${signal ?? `exit code ${code}`})`));
  void ended.then(() => rmSync(folder, { recursive: true, force: true }));
  return {
    child,
    ended,
    stop: async () => {
      child.stdin.end();
      const gone = ended.then(() => true);
      for (const signal of ["SIGTERM", "SIGKILL"] as const) {
        if (await Promise.race([gone, sleep(patienceMs, false)])) return;
        signalGroup(child.pid, signal);
      }
      await ended;
    },
  };
}
