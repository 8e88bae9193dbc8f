/** Reference servers that are programs, and their policy. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { copyPolicies } from "../policy-copy.ts";
import { openClient, type ProgramAddress } from "./open-client.ts";

/** A program that is a server, and how it is put back to where it was. */
export interface ProgramServer {
  readonly key: "filesystem" | "memory";
  readonly program: ProgramAddress;
  reset(): void;
}

const packaged = (name: string) => fileURLToPath(import.meta.resolve(`@modelcontextprotocol/${name}/dist/index.js`));

/** `server-filesystem` on `{folder}/files`, and `server-memory` on a file of `folder`. */
export function programServers(folder: string): readonly ProgramServer[] {
  const [files, memory] = [join(folder, "files"), join(folder, "memory.jsonl")];
  const command = process.execPath;
  return [
    {
      key: "filesystem",
      program: { command, args: [packaged("server-filesystem"), files], env: {} },
      reset: () => {
        rmSync(files, { recursive: true, force: true });
        mkdirSync(files);
      },
    },
    {
      key: "memory",
      program: { command, args: [packaged("server-memory")], env: { MEMORY_FILE_PATH: memory } },
      reset: () => rmSync(memory, { force: true }),
    },
  ];
}

/** A copy of the demo's policy with these servers too, all their tools `high`, for this human. Returns its folder. */
export async function writePolicies(folder: string, servers: readonly ProgramServer[], human: string): Promise<string> {
  const copy = copyPolicies("policies/hosts/demo", folder);
  const grants = servers.map(({ key }) => `  - { server: ${key}, human: ${human}, ceiling: high }\n`);
  writeFileSync(join(copy, "grants.yaml"), grants.join(""), { flag: "a" });
  for (const { key, program, reset } of servers) {
    reset();
    const { client, close } = await openClient("1.x", program, folder);
    const { tools } = await client.listTools();
    await close();
    const file = {
      name: key,
      description: "A reference server.",
      command: program.command,
      args: program.args,
      env: program.env,
      tools: Object.fromEntries(tools.map(({ name }) => [name, { trust: "high" }])),
    };
    writeFileSync(join(copy, "servers", `${key}.yaml`), stringify(file));
  }
  return copy;
}
