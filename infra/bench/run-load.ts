import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** Stands in a body for the number of the request, in as many digits: no two requests of a load are the same. */
export const numberPlace = "#########";

/** Requests over some connections for some seconds, each connection its next one when it has its answer. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  /** Not measured. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Requests a second of all connections together. Left out: as many as there are answers. */
  readonly perSecond?: number | undefined;
  /** Headers of each connection, in turn. */
  readonly headers: readonly Readonly<Record<string, string>>[];
  /** Sent in turn. `numberPlace` in them is replaced. */
  readonly bodies: readonly string[];
  /** What the first 256 bytes of an answer's body hold when it is one to count. */
  readonly marker: string;
}

/** What a load was answered with after the warm-up. Any status but 200, and a connection that ends, fail it. */
export interface LoadResult {
  readonly answers: number;
  /** Sent in all, warm-up included. */
  readonly requests: number;
  readonly perSecond: number;
  /** Share of the answers that have the marker. */
  readonly markedShare: number;
  readonly bytesPerAnswer: number;
  /** Processor time of the load itself. */
  readonly cpuMicrosPerAnswer: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

const program = fileURLToPath(new URL("load.ts", import.meta.url));

/** Runs the load in a process of its own. Throws when it fails. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  const exit = new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  // By standard input: arguments are visible to every user of the machine, and there are tokens in it.
  child.stdin.end(JSON.stringify(load));
  const [output, code] = await Promise.all([text(child.stdout), exit]);
  if (code !== 0) throw new Error(`The load on ${load.url} ended with exit code ${code}.`);
  return JSON.parse(output) as LoadResult;
}
