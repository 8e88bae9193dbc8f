/**
 * `npm run smoke`: the whole product without a browser, on free ports and a folder of its own. Two real MCP clients go
 * from 401 to allowed and denied calls; the policy is tightened and the agents revoked in between. The last line is
 * one JSON object with `ok`.
 *
 *     npm run smoke -- [--database-url URL] [PROGRAM ARGUMENT ...]
 *
 * With a URL the gateway keeps its state in that PostgreSQL, which must be empty; with a program that one runs the
 * gateway, an image's for example.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Agent, type CallOutcome } from "./agents/agent.ts";
import { Human } from "./agents/human.ts";
import { sdkV1 } from "./agents/sdk-v1.ts";
import { sdkV2 } from "./agents/sdk-v2.ts";
import { AuditLines } from "./audit-lines.ts";
import { countAuditRows } from "./audit-rows.ts";
import { copyPolicies, editPolicy } from "./policy-copy.ts";
import { freePorts } from "./ports.ts";
import { startLocalHost } from "./up.ts";

const { values, positionals } = parseArgs({
  options: { "database-url": { type: "string" } },
  allowPositionals: true,
});
const databaseUrl = values["database-url"];
const say = (line: string) => process.stderr.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-smoke-"));
const policyDir = copyPolicies("policies/hosts/demo", folder);
const audit = new AuditLines();

/** The calls made, with what became of each. */
const calls: { agent: string; tool: string; outcome: CallOutcome }[] = [];
const failures: string[] = [];
function expect(what: string, holds: boolean): void {
  say(`${holds ? "  ok    " : "  FAILED"} ${what}`);
  if (!holds) failures.push(what);
}

async function call(agent: Agent, tool: string, args: Record<string, unknown> = {}): Promise<CallOutcome> {
  const outcome = await agent.call(tool, args);
  calls.push({ agent: agent.name, tool, outcome });
  return outcome;
}

async function allows(agent: Agent, tool: string, args?: Record<string, unknown>): Promise<void> {
  const outcome = await call(agent, tool, args);
  expect(`${agent.name}: ${tool} is allowed`, outcome.kind === "result");
}

async function denies(agent: Agent, tool: string, code: string, args?: Record<string, unknown>): Promise<void> {
  const outcome = await call(agent, tool, args);
  const why = outcome.kind === "denied" ? `${outcome.code}: ${outcome.reason}` : outcome.kind;
  expect(`${agent.name}: ${tool} is denied (${why})`, outcome.kind === "denied" && outcome.code === code);
}

async function shutsOut(agent: Agent, tool: string, args?: Record<string, unknown>): Promise<void> {
  const outcome = await call(agent, tool, args);
  expect(`${agent.name}: ${tool} is refused, a new sign-in is asked for`, outcome.kind === "unauthorized");
}

/** A call with the access token of before the revocation, as an agent would send it that takes no notice. */
async function shutsOutToken(agent: Agent, url: string, token: string, tool: string): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: tool, arguments: issue } }),
  });
  const { error } = (await response.json()) as { error?: { code: number; data?: { code?: string } } };
  calls.push({ agent: agent.name, tool, outcome: { kind: "unauthorized" } });
  expect(
    `${agent.name}: ${tool} with the token it had is refused (${response.status} ${error?.code} ${error?.data?.code})`,
    response.status === 401 && error?.code === -32004 && error.data?.code === "GRANT_REVOKED",
  );
}

const issue = { project: "DEMO", title: "Made by the smoke run" };
const host = await startLocalHost({
  policyDir,
  dataDir: join(folder, "data"),
  ports: await freePorts(),
  onProgress: say,
  onGatewayLine: (line) => audit.take(line),
  ...(databaseUrl === undefined ? {} : { databaseUrl }),
  ...(positionals.length === 0 ? {} : { gatewayCommand: positionals }),
});
let upstreamCalls: string[] = [];
try {
  const email = "lead@example.com";
  const lead = new Human(host.gatewayUrl, email, host.accounts[email] ?? "");
  const url = `${host.gatewayUrl}/mcp/issues`;
  const agents: Agent[] = [new Agent("client 2.x", url, sdkV2("2026-07-28")), new Agent("sdk 1.x", url, sdkV1)];

  say("\nCeiling high, consent medium");
  for (const agent of agents) {
    await agent.connect(lead, { level: "medium" });
    const tools = await agent.listTools();
    expect(`${agent.name}: tools/list shows what it may call: ${tools.join(", ")}`, !tools.includes("delete_issue"));
    await allows(agent, "list_issues");
    await allows(agent, "create_issue", issue);
    await denies(agent, "delete_issue", "CONSENT_TOO_LOW", { id: "DEMO-1" });
  }

  say("\nThe ceiling is lowered to low in grants.yaml");
  editPolicy(
    policyDir,
    "grants.yaml",
    "human: lead@example.com, ceiling: high",
    "human: lead@example.com, ceiling: low",
  );
  const writes = await host.provision();
  expect(`provisioning made ${writes.length} writes: ${writes.join("; ")}`, writes.length === 2);
  for (const agent of agents) {
    await denies(agent, "create_issue", "CEILING_TOO_LOW", issue);
    await allows(agent, "list_issues");
  }

  say("\nThe human revokes both agents");
  const tokens = agents.map((agent) => agent.oauth.tokens()?.access_token ?? "");
  expect("two agents were revoked", (await lead.revokeAll()) === 2);
  for (const [index, agent] of agents.entries()) {
    await shutsOut(agent, "list_issues");
    await shutsOutToken(agent, url, tokens[index] ?? "", "create_issue");
    await agent.close();
  }
  const answer = (await (await fetch(host.issuesCallsUrl)).json()) as { calls: string[] };
  upstreamCalls = answer.calls;
} catch (error) {
  expect(`no step breaks off: ${(error as Error).stack}`, false);
} finally {
  const exitCodes = await host.stop();
  expect(`the gateway ends by itself, exit code ${exitCodes.get("gateway")}`, exitCodes.get("gateway") === 0);
}

say("\nWhat was recorded");
const allowed = calls.filter(({ outcome }) => outcome.kind === "result").map(({ tool }) => tool);
const unexpected = [...upstreamCalls];
for (const tool of allowed) if (unexpected.includes(tool)) unexpected.splice(unexpected.indexOf(tool), 1);
const upstreamCallsOnDenied = unexpected.length;
expect(`the upstream saw exactly the ${allowed.length} allowed calls`, upstreamCalls.join() === allowed.join());
for (const name of new Set(calls.map(({ agent }) => agent))) {
  const seen = audit.of(name).map((record) => `${record.tool} ${record.decision}`);
  const made = calls
    .filter(({ agent }) => agent === name)
    .map(({ tool, outcome }) => `${tool} ${outcome.kind === "result" ? "allow" : "deny"}`);
  expect(`${name}: one audit record for each of its ${made.length} calls, in order`, seen.join() === made.join());
}
const complete = audit.records.every(
  ({ human, agent, server, tool, decision, reason, time }) =>
    human === "lead@example.com" && agent.clientId && agent.name && server && tool && decision && reason && time,
);
expect("each record names human, agent, server, tool, decision, reason and time", complete);
const embedded = { dataDir: join(host.folders.data, "gateway", "database") };
const rows = await countAuditRows(databaseUrl === undefined ? embedded : { url: databaseUrl });
const recorded = audit.records.length;
expect(`the database holds the same ${rows.calls} records`, rows.calls === recorded && rows.calls === calls.length);
expect(`it holds a result for each of the ${allowed.length} allowed calls`, rows.results === allowed.length);
expect("the end of each is known", rows.unknown === 0);

const ok = failures.length === 0;
if (ok) rmSync(folder, { recursive: true });
else say(`\nLogs and data are kept in ${folder}`);
process.stdout.write(
  `${JSON.stringify({
    ok,
    allowed: allowed.length,
    denied: calls.length - allowed.length,
    audited: rows.calls,
    upstreamCallsOnDenied,
    failures,
  })}\n`,
);
process.exitCode = ok ? 0 : 1;
