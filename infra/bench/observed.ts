import { request } from "node:http";
import { json } from "node:stream/consumers";

const observe = new URL("observe.ts", import.meta.url).href;

/** What only a process itself knows. */
export interface Usage {
  readonly pid: number;
  /** Bytes. */
  readonly memory: NodeJS.MemoryUsage;
  /** What keeps its event loop alive: kind -> how many. */
  readonly resources: Readonly<Record<string, number>>;
}

/** Arguments of Node, before the program, with which `observed` can ask the process at `socket`, a path. */
export function observeArguments(socket: string): readonly string[] {
  return ["--import", `${observe}?socket=${encodeURIComponent(socket)}`];
}

/** A process that was started with `observeArguments`. */
export interface Observed {
  /** Collects garbage first where the process was started with `--expose-gc`. */
  usage(): Promise<Usage>;
  startProfile(): Promise<void>;
  /** The text of a `.cpuprofile` file. */
  stopProfile(): Promise<string>;
}

export function observed(socketPath: string): Observed {
  const ask = (method: string, path: string) =>
    new Promise<unknown>((resolve, reject) => {
      const sent = request({ socketPath, method, path, agent: false }, (answer) => {
        if (answer.statusCode === 200) json(answer).then(resolve, reject);
        else reject(new Error(`The measured process answered ${path} with ${answer.statusCode}.`));
      });
      sent.once("error", reject);
      sent.end();
    });
  return {
    usage: async () => (await ask("GET", "/usage")) as Usage,
    startProfile: async () => {
      await ask("POST", "/profile/start");
    },
    stopProfile: async () => JSON.stringify(await ask("POST", "/profile/stop")),
  };
}
