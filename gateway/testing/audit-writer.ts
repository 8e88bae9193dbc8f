/** Runs `audit-writing-process.ts`. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openDatabase } from "../src/adapters/database.ts";
import { storedLines } from "./audit-fixture.ts";
import { verifiedLog } from "./audit-load.ts";

const program = fileURLToPath(new URL("audit-writing-process.ts", import.meta.url));

export interface AuditWriter {
  /** Ids of the records that were acknowledged and refused. */
  readonly acknowledged: readonly string[];
  readonly refused: readonly string[];
  /** What it wrote to standard error. */
  errors(): string;
  readonly started: Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** With SIGKILL. */
  kill(): Promise<void>;
}

/** Starts one that writes records of so many bytes. */
export function startAuditWriter(dataDir: string, bytes = 0): AuditWriter {
  const child = spawn(process.execPath, [program, dataDir, String(bytes)], { stdio: ["ignore", "pipe", "pipe"] });
  const [acknowledged, refused]: [string[], string[]] = [[], []];
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [what, id = ""] = line.split(" ");
    if (what === "started") start();
    if (what === "ok") acknowledged.push(id);
    if (what === "refused") refused.push(id);
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) =>
    // After the last line was read.
    child.once("close", (code, signal) => resolve(code ?? signal ?? -1)),
  );
  return {
    ...{ acknowledged, refused, started, ended },
    errors: () => errors,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** What a process that comes after finds. */
export async function storedAudit(dataDir: string) {
  const database = await openDatabase({ dataDir });
  try {
    const rows = await storedLines(database);
    const { problems } = await verifiedLog(database, { live: false });
    return { ids: rows.map(({ id }) => id), problems: problems.map(({ code }) => code) };
  } finally {
    await database.close();
  }
}

/** What was acknowledged and is not there. */
export function missingFrom(ids: readonly string[], writers: readonly AuditWriter[]): readonly string[] {
  const there = new Set(ids);
  return writers.flatMap(({ acknowledged }) => acknowledged).filter((id) => !there.has(id));
}
