/**
 * `npm run conformance:clients`: real clients (SDK 1.x, SDK 2.x, the MCP Inspector's command line, mcp-remote) do the same
 * at the reference servers `server-everything` (HTTP), `server-filesystem` and `server-memory` (programs), once direct and
 * once through a whole local host. What they get must be the same, but for what the policy refuses. Takes a minute; ends
 * with 1 when anything differs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent } from "../agents/agent.ts";
import { Human } from "../agents/human.ts";
import { sdkV2 } from "../agents/sdk-v2.ts";
import { freePorts } from "../ports.ts";
import { startLocalHost } from "../up.ts";
import { inspectorSteps } from "./inspector.ts";
import { type Address, type Generation, type OpenClient, openClient, type ProgramAddress } from "./open-client.ts";
import { programServers, writePolicies } from "./real-servers.ts";
import { everythingSteps, filesystemSteps, memorySteps, type Steps } from "./steps.ts";

const email = "lead@example.com";
const say = (line: string) => process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-clients-"));
const files = join(folder, "files");
const mcpRemote = fileURLToPath(import.meta.resolve("mcp-remote/dist/proxy.js"));

type Run = (address: Address) => Promise<Steps>;

/** One generation of the SDK doing these steps. */
const sdk =
  (generation: Generation, root: string, steps: (client: OpenClient) => Promise<Steps>): Run =>
  async (address) => {
    const client = await openClient(generation, address, root);
    try {
      return await steps(client);
    } finally {
      await client.close();
    }
  };

/** `mcp-remote` in front of an address, for clients that start programs only. */
function behindMcpRemote(address: Address): ProgramAddress {
  if ("command" in address) return address;
  const header = address.token === undefined ? [] : ["--header", `Authorization:Bearer ${address.token}`];
  const env = { PATH: process.env.PATH ?? "", HOME: folder, MCP_REMOTE_CONFIG_DIR: join(folder, "mcp-remote") };
  return {
    command: process.execPath,
    args: [mcpRemote, address.url, "--transport", "http-only", "--allow-http", ...header],
    env,
  };
}

/** The direct answer without the tools that the policy does not open to the agent. */
function onlyAllowed(answer: string, names: ReadonlySet<string>): string {
  const parsed = answer.startsWith("{") ? (JSON.parse(answer) as { tools?: { name: string }[] }) : {};
  if (parsed.tools === undefined) return answer;
  return JSON.stringify({ ...parsed, tools: parsed.tools.filter(({ name }) => names.has(name)) });
}

/** Prints what is the same and what is not, and returns how much is not. */
function compare(what: string, direct: Steps, through: Steps, allowed: ReadonlySet<string>): number {
  let differing = 0;
  for (const step of Object.keys(direct)) {
    const [expected, seen] = [onlyAllowed(direct[step] ?? "", allowed), through[step] ?? "nothing"];
    // What fails both ways would be the same too.
    const same = expected === seen && expected.startsWith("{");
    if (!same) differing += 1;
    say(`${same ? "same   " : "DIFFERS"} ${what}: ${step}`);
    if (!same) say(`  direct:  ${expected.slice(0, 400)}\n  gateway: ${seen.slice(0, 400)}`);
  }
  return differing;
}

const programs = programServers(folder);
const policyDir = await writePolicies(folder, programs, email);
const ports = await freePorts();
const host = await startLocalHost({ policyDir, dataDir: join(folder, "data"), ports });
let differing = 0;
try {
  const everything: Readonly<Record<string, Run>> = {
    "SDK 1.x": sdk("1.x", "/work", everythingSteps),
    "SDK 2.x": sdk("2.x", "/work", everythingSteps),
    "mcp-remote": (address) => sdk("2.x", "/work", everythingSteps)(behindMcpRemote(address)),
    "Inspector CLI": (address) => inspectorSteps(address, { name: "echo", args: ["message=hello"] }, true),
  };
  const filesystem: Readonly<Record<string, Run>> = {
    "SDK 1.x": sdk("1.x", files, (client) => filesystemSteps(client, files)),
    "SDK 2.x": sdk("2.x", files, (client) => filesystemSteps(client, files)),
    "mcp-remote": (address) => sdk("1.x", files, (client) => filesystemSteps(client, files))(behindMcpRemote(address)),
    "Inspector CLI": (address) => inspectorSteps(address, { name: "list_directory", args: [`path=${files}`] }, false),
  };
  const memory: Readonly<Record<string, Run>> = {
    "SDK 1.x": sdk("1.x", "/work", memorySteps),
    "SDK 2.x": sdk("2.x", "/work", memorySteps),
    "mcp-remote": (address) => sdk("1.x", "/work", memorySteps)(behindMcpRemote(address)),
    "Inspector CLI": (address) => inspectorSteps(address, { name: "read_graph", args: [] }, false),
  };
  const servers = [
    {
      key: "everything",
      level: "medium" as const,
      direct: { url: `http://127.0.0.1:${ports.everything}/mcp` },
      runs: everything,
      reset: () => undefined,
    },
    ...programs.map(({ key, program, reset }) => ({
      key,
      level: "high" as const,
      direct: program,
      runs: key === "memory" ? memory : filesystem,
      reset,
    })),
  ];
  for (const { key, level, direct, runs, reset } of servers) {
    const url = `${host.gatewayUrl}/mcp/${key}`;
    const agent = new Agent("real clients", url, sdkV2("2025-11-25"));
    await agent.connect(new Human(host.gatewayUrl, email, host.accounts[email] ?? ""), { level });
    await agent.close();
    const through = { url, token: agent.oauth.tokens()?.access_token };
    // Asked as the others ask: the reference server has tools only for clients that answer its questions.
    const shown = await openClient("2.x", through, "/work");
    const allowed = new Set((await shown.client.listTools()).tools.map(({ name }) => name));
    await shown.close();
    for (const [client, run] of Object.entries(runs)) {
      reset();
      const expected = await run(direct);
      reset();
      differing += compare(`${client} at ${key}`, expected, await run(through), allowed);
    }
  }
} finally {
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
}
say(differing === 0 ? "Nothing differs but what the policy refuses." : `${differing} steps differ.`);
process.exitCode = differing === 0 ? 0 : 1;
