import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../node_modules/.cache/moto/bin/moto_server", import.meta.url));

/** Whether moto is here. Where it is not, CI fails and a laptop goes on with a line that says how to get it. */
export function hasMoto(): boolean {
  if (existsSync(program)) return true;
  const message = "moto is not installed (bash gateway/testing/install-moto.sh)";
  if (process.env.CI !== undefined) throw new Error(`${message}: its tests can't run.`);
  process.stdout.write(`${message}: its tests are skipped.\n`);
  return false;
}

/** AWS, as far as moto speaks for it. */
export interface Moto {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one on a free port. */
export async function startMoto(): Promise<Moto> {
  const child: ChildProcess = spawn(program, ["-H", "127.0.0.1", "-p", "0"], { stdio: ["ignore", "ignore", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", () => reject(new Error(`moto ended: ${output}`)));
  });
  return {
    url,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
