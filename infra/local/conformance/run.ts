/**
 * `npm run conformance:server`: the server scenarios of the MCP conformance suite, direct against a fixture server and
 * through a whole local host in front of it. Prints both as a table; ends with 1 when anything passes direct and not
 * through the gateway. There is no list of failures to expect.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Agent } from "../agents/agent.ts";
import { Human } from "../agents/human.ts";
import { type ProtocolEra, sdkV2 } from "../agents/sdk-v2.ts";
import { freePort, freePorts } from "../ports.ts";
import { Service } from "../service.ts";
import { repository } from "../services.ts";
import { startLocalHost } from "../up.ts";
import { startAuthorizingFront } from "./authorizing-front.ts";
import { problemsOf, tableOf } from "./comparison.ts";
import { human, writePolicyFolder } from "./policy-folder.ts";
import { revisions, runSuite, scenariosOf } from "./suite.ts";

const server = "conformance";
const say = (line: string) => process.stderr.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-conformance-"));

/** Names of all tools that the server shows to clients of either era. */
async function toolsOf(url: string): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const era of ["2026-07-28", "2025-11-25"] satisfies ProtocolEra[]) {
    const mode = era === "2026-07-28" ? { pin: era } : ("legacy" as const);
    const client = new Client({ name: "conformance", version: "1.0.0" }, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    for (const { name } of (await client.listTools()).tools) names.add(name);
    await client.close();
  }
  return [...names].sort();
}

const port = await freePort();
const direct = `http://127.0.0.1:${port}/mcp`;
const fixture = new Service({
  name: "conformance fixture",
  args: ["gateway/conformance/main.ts", String(port)],
  env: {},
  cwd: repository,
  logFile: join(folder, "fixture.log"),
  readyUrl: direct,
  anyStatus: true,
});
const problems: string[] = [];
try {
  await fixture.ready();
  const host = await startLocalHost({
    policyDir: writePolicyFolder(folder, server, direct, await toolsOf(direct)),
    dataDir: join(folder, "data"),
    ports: await freePorts(),
    onProgress: say,
  });
  try {
    const mcpUrl = `${host.gatewayUrl}/mcp/${server}`;
    const agent = new Agent("conformance", mcpUrl, sdkV2("2026-07-28"));
    await agent.connect(new Human(host.gatewayUrl, human, host.accounts[human] ?? ""), { level: "high" });
    await agent.close();
    const front = await startAuthorizingFront(new URL(mcpUrl), () => agent.oauth.tokens()?.access_token ?? "");
    for (const revision of revisions) {
      say(`Running the suite for ${revision} ...`);
      const passedDirect = await runSuite(direct, revision, join(folder, revision, "direct"));
      const passedThrough = await runSuite(front.url, revision, join(folder, revision, "gateway"));
      const rows = scenariosOf(revision).map((scenario) => ({
        scenario,
        direct: passedDirect.get(scenario.name) ?? [],
        gateway: passedThrough.get(scenario.name) ?? [],
      }));
      process.stdout.write(`\n${revision}\n\n${tableOf(rows)}\n`);
      problems.push(...rows.flatMap(problemsOf).map((problem) => `${revision} ${problem}`));
    }
    await front.close();
  } finally {
    await host.stop();
  }
} finally {
  await fixture.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`\n${problems.length === 0 ? "Nothing differs." : problems.join("\n")}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
