/**
 * `npm run conformance:clients`: real clients (SDK 1.x, SDK 2.x, the MCP Inspector's command line) do the same at the
 * reference server `server-everything`, once direct and once through a whole local host. What they get must be the same,
 * but for what the policy refuses. Takes half a minute; ends with 1 when anything differs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "../agents/agent.ts";
import { Human } from "../agents/human.ts";
import { sdkV2 } from "../agents/sdk-v2.ts";
import { freePorts } from "../ports.ts";
import { startLocalHost } from "../up.ts";
import { inspectorSteps } from "./inspector.ts";
import { type Steps, sdkSteps } from "./sdk-steps.ts";

const email = "lead@example.com";
const say = (line: string) => process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-clients-"));
const ports = await freePorts();
const host = await startLocalHost({ policyDir: "policies/hosts/demo", dataDir: join(folder, "data"), ports });
let differing = 0;
try {
  const url = `${host.gatewayUrl}/mcp/everything`;
  const agent = new Agent("real clients", url, sdkV2("2025-11-25"));
  await agent.connect(new Human(host.gatewayUrl, email, host.accounts[email] ?? ""), { level: "medium" });
  await agent.close();
  const token = agent.oauth.tokens()?.access_token ?? "";
  const allowed = new Set(await agentTools(url, token));

  const runs: Readonly<Record<string, (address: string, bearer?: string) => Promise<Steps>>> = {
    "SDK 1.x": (address, bearer) => sdkSteps("1.x", address, bearer),
    "SDK 2.x": (address, bearer) => sdkSteps("2.x", address, bearer),
    "Inspector CLI": inspectorSteps,
  };
  for (const [client, run] of Object.entries(runs)) {
    const direct = await run(`http://127.0.0.1:${ports.everything}/mcp`);
    const through = await run(url, token);
    for (const step of Object.keys(direct)) {
      const [expected, seen] = [onlyAllowed(direct[step] ?? "", allowed), through[step] ?? "nothing"];
      // What fails both ways would be the same too.
      const same = expected === seen && expected.startsWith("{");
      if (!same) differing += 1;
      say(`${same ? "same   " : "DIFFERS"} ${client}: ${step}`);
      if (!same) say(`  direct:  ${expected.slice(0, 400)}\n  gateway: ${seen.slice(0, 400)}`);
    }
  }
} finally {
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
}
say(differing === 0 ? "Nothing differs but what the policy refuses." : `${differing} steps differ.`);
process.exitCode = differing === 0 ? 0 : 1;

/** What the gateway shows this agent. */
async function agentTools(address: string, bearer: string): Promise<readonly string[]> {
  const { tools } = JSON.parse((await sdkSteps("2.x", address, bearer))["tools/list"] ?? "{}") as {
    tools: { name: string }[];
  };
  return tools.map(({ name }) => name);
}

/** The direct answer without the tools that the policy does not open to the agent. */
function onlyAllowed(answer: string, names: ReadonlySet<string>): string {
  const parsed = answer.startsWith("{") ? (JSON.parse(answer) as { tools?: { name: string }[] }) : {};
  if (parsed.tools === undefined) return answer;
  return JSON.stringify({ ...parsed, tools: parsed.tools.filter(({ name }) => names.has(name)) });
}
