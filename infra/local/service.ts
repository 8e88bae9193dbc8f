import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** A service of the local host that ended or never became ready. The message names its log file. */
export class ServiceError extends Error {}

/** What to run and how to tell that it is ready. */
export interface ServiceSpec {
  readonly name: string;
  /** The program; by default the Node that runs this process. */
  readonly program?: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** The whole environment of the service; nothing is inherited but PATH and where Node keeps what it compiled. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logFile: string;
  /** Answers 2xx (or, with `anyStatus`, at all) when the service is ready. */
  readonly readyUrl: string;
  readonly anyStatus?: boolean;
  /** Called with each line of standard output. */
  readonly onLine?: (line: string) => void;
}

const readyTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;

/** One child process of the local host, its output in a log file. */
export class Service {
  readonly name: string;
  readonly #spec: ServiceSpec;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #stopping = false;

  constructor(spec: ServiceSpec) {
    this.name = spec.name;
    this.#spec = spec;
    this.#child = spawn(spec.program ?? process.execPath, spec.args, {
      cwd: spec.cwd,
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...spec.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(spec.logFile, { flags: "a", mode: 0o600 });
    this.#child.stderr?.pipe(log, { end: false });
    this.#child.stdout?.pipe(log, { end: false });
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on("line", (line) => spec.onLine?.(line));
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", () => resolve());
      // `close`, not `exit`: by then the last line of output has been read.
      this.#child.once("close", () => resolve());
    });
    void this.#ended.then(() => log.end());
  }

  /** Of the process; of one that never started, 0. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves with the service's name when it ends without having been asked to; never otherwise. */
  async crashed(): Promise<string> {
    await this.#ended;
    return this.#stopping ? new Promise<string>(() => undefined) : this.name;
  }

  /** Resolves when the service answers. Throws ServiceError when it ends first or takes over a minute. */
  async ready(): Promise<void> {
    const deadline = Date.now() + readyTimeoutMs;
    while (Date.now() < deadline) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) {
        throw new ServiceError(`${this.name} ended while starting. Its last words are in ${this.#spec.logFile}`);
      }
      if (await answers(this.#spec.readyUrl, this.#spec.anyStatus === true)) return;
      await sleep(50);
    }
    throw new ServiceError(`${this.name} did not get ready within a minute. See ${this.#spec.logFile}`);
  }

  /** Asks the service to end (SIGTERM), then makes it (SIGKILL). Resolves with its exit code, null after a signal. */
  async stop(): Promise<number | null> {
    this.#stopping = true;
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), stopTimeoutMs);
    await this.#ended;
    clearTimeout(timer);
    return this.#child.exitCode;
  }

  /** Ends the service at once, as a crash would. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#stopping = true;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

async function answers(url: string, anyStatus: boolean): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return anyStatus || response.ok;
  } catch {
    return false;
  }
}
