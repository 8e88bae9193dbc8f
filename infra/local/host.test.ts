import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolDigest } from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unpackCluster } from "../testing/unpack-cluster.ts";
import { Agent } from "./agents/agent.ts";
import { BrowserHuman, chromiumPath } from "./agents/browser-human.ts";
import { Human } from "./agents/human.ts";
import { sdkV1 } from "./agents/sdk-v1.ts";
import { sdkV2 } from "./agents/sdk-v2.ts";
import { AuditLines } from "./audit-lines.ts";
import { copyPolicies, editPolicy } from "./policy-copy.ts";
import { freePorts } from "./ports.ts";
import { type LocalHost, type LocalHostOptions, PolicyRefusedError, startLocalHost } from "./up.ts";

type LockedTool = Parameters<typeof toolDigest>[1] & { readonly digest: string };

const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-host-"));
const policyDir = copyPolicies("policies/hosts/demo", folder);
const audit = new AuditLines();
/** Records are printed a moment after the call was answered. */
const soon = { timeout: 20_000 };
let host: LocalHost;

const human = (email: string) => new Human(host.gatewayUrl, email, host.accounts[email] ?? "");
const issues = () => `${host.gatewayUrl}/mcp/issues`;
async function upstreamCalls(): Promise<readonly string[]> {
  const response = await fetch(host.issuesCallsUrl);
  return ((await response.json()) as { calls: string[] }).calls;
}

let options: LocalHostOptions;

beforeAll(async () => {
  options = {
    policyDir,
    dataDir: join(folder, "data"),
    ports: await freePorts(),
    onGatewayLine: (line) => audit.take(line),
  };
  unpackCluster(join(folder, "data", "gateway"));
  host = await startLocalHost(options);
});
afterAll(async () => {
  await host.stop();
  // What the gateway logged is searched for secrets when all tests have run.
  const { TEST_LOG_DIR } = process.env;
  if (TEST_LOG_DIR !== undefined) copyFileSync(join(folder, "data/logs/gateway.log"), join(TEST_LOG_DIR, "host.log"));
  rmSync(folder, { recursive: true });
});

describe("two humans with one OAuth client id", () => {
  test("what one granted never serves the other", async () => {
    const ofLead = new Agent("shared client", issues(), sdkV2("2026-07-28"));
    await ofLead.connect(human("lead@example.com"), { level: "high" });
    const registration = ofLead.oauth.client;
    expect(registration?.client_id).toBeTruthy();

    const ofContractor = new Agent("shared client", issues(), sdkV2("2026-07-28"), registration);
    await ofContractor.connect(human("contractor@example.com"), { level: "low" });
    const before = await upstreamCalls();

    expect(await ofContractor.call("delete_issue", { id: "DEMO-1" })).toMatchObject({
      kind: "denied",
      code: "CEILING_TOO_LOW",
    });
    expect(await upstreamCalls()).toEqual(before);
    expect(await ofLead.call("get_issue", { id: "DEMO-1" })).toMatchObject({ kind: "result" });
    await expect
      .poll(() => audit.of("shared client"), soon)
      .toMatchObject([
        {
          human: "contractor@example.com",
          agent: { clientId: registration?.client_id },
          tool: "delete_issue",
          decision: "deny",
        },
        {
          human: "lead@example.com",
          agent: { clientId: registration?.client_id },
          tool: "get_issue",
          decision: "allow",
        },
      ]);
    await Promise.all([ofLead.close(), ofContractor.close()]);
  });
});

describe("consent", () => {
  test("above the ceiling is refused by the API and leaves nothing behind", async () => {
    const developer = human("developer@example.com");
    const agent = new Agent("too much", issues(), sdkV2("2026-07-28"));
    await expect(agent.connect(developer, { level: "high" })).rejects.toMatchObject({
      status: 403,
      code: "CEILING_EXCEEDED",
    });
    expect(await developer.revokeAll()).toBe(0);
  });

  test("denied by the human ends in access_denied at the client", async () => {
    const agent = new Agent("denied", issues(), sdkV2("2026-07-28"));
    await expect(agent.connect(human("developer@example.com"), "deny")).rejects.toThrow("access_denied");
  });
});

// The pages' own tests fail in CI when there is no Chromium.
describe.skipIf(chromiumPath === undefined)("in a real browser", () => {
  test("a human signs in, sees the levels above the ceiling muted, and connects the agent", async () => {
    const agent = new Agent("browser", issues(), sdkV2("2026-07-28"));
    const developer = new BrowserHuman("developer@example.com", host.accounts["developer@example.com"] ?? "");
    await agent.connect(developer, { level: "medium" });
    expect(developer.mutedLevels).toEqual(["high"]);
    expect(await agent.call("create_issue", { project: "DEMO", title: "From the browser" })).toMatchObject({
      kind: "result",
    });
    await agent.close();
  });
});

describe("protocol revisions with sessions", () => {
  test.each([
    ["sdk 1.x", sdkV1],
    ["client 2.x on 2025-11-25", sdkV2("2025-11-25")],
  ])("%s works against a server that keeps sessions", async (name, sdk) => {
    const agent = new Agent(name, `${host.gatewayUrl}/mcp/everything`, sdk as typeof sdkV1);
    await agent.connect(human("developer@example.com"), { level: "low" });
    expect(await agent.listTools()).toContain("echo");
    expect(await agent.call("echo", { message: "through the gateway" })).toEqual({
      kind: "result",
      text: expect.stringContaining("through the gateway"),
    });
    await agent.close();
  });
});

describe("a change of the policy", () => {
  test("of one tool's trust makes exactly the three writes that it takes and holds from the next call on", async () => {
    const agent = new Agent("policy change", issues(), sdkV2("2026-07-28"));
    await agent.connect(human("developer@example.com"), { level: "medium" });
    expect(await agent.call("update_issue", { id: "DEMO-2", title: "Before" })).toMatchObject({ kind: "result" });

    editPolicy(policyDir, "servers/issues.yaml", "update_issue: { trust: medium }", "update_issue: { trust: high }");
    const writes = await host.provision();
    expect(writes.map((write) => write.replace(/^(\w+) .*\/resources\//, "$1 "))).toEqual([
      "DELETE issues/roles/medium/permissions",
      "PATCH issues/actions/update_issue",
      // The gateway learns by it that a server changed.
      expect.stringMatching(/^PATCH .*\/resource_instances\/gateway_host%3Ademo$/),
    ]);
    const before = await upstreamCalls();
    expect(await agent.call("update_issue", { id: "DEMO-2", title: "After" })).toMatchObject({ kind: "denied" });
    expect(await upstreamCalls()).toEqual(before);
    expect(await agent.call("create_issue", { project: "DEMO", title: "Still allowed" })).toMatchObject({
      kind: "result",
    });
    await agent.close();
  });

  test("that asks for an approval, which the gateway doesn't have, has the tool refused and not passed without one", async () => {
    const agent = new Agent("approval", issues(), sdkV2("2026-07-28"));
    await agent.connect(human("developer@example.com"), { level: "medium" });
    expect(await agent.listTools()).toContain("create_issue");

    const lines = ["create_issue: { trust: medium }", "create_issue: { trust: medium, approval: true }"] as const;
    editPolicy(policyDir, "servers/issues.yaml", lines[0], lines[1]);
    await host.provision();
    await expect.poll(() => agent.listTools(), soon).not.toContain("create_issue");
    const before = await upstreamCalls();
    expect(await agent.call("create_issue", { project: "DEMO", title: "Unapproved" })).toMatchObject({
      kind: "denied",
      code: "APPROVAL_REQUIRED",
      reason: expect.stringContaining("approval"),
    });
    expect(await upstreamCalls()).toEqual(before);
    await expect
      .poll(() => audit.of("approval"), soon)
      .toMatchObject([{ tool: "create_issue", decision: "deny", code: "APPROVAL_REQUIRED" }]);

    editPolicy(policyDir, "servers/issues.yaml", lines[1], lines[0]);
    await host.provision();
    await expect.poll(() => agent.listTools(), soon).toContain("create_issue");
    await agent.close();
  });

  test("whose lock has another tool than the server: hidden and refused until they agree, on record once", async () => {
    const agent = new Agent("another definition", issues(), sdkV1);
    await agent.connect(human("developer@example.com"), { level: "medium" });
    expect(await agent.call("get_issue", { id: "DEMO-1" })).toMatchObject({ kind: "result" });

    const lock = "servers/issues.lock.json";
    const written = readFileSync(join(policyDir, lock), "utf8");
    const { get_issue: tool } = (JSON.parse(written) as { tools: Record<string, LockedTool> }).tools;
    if (tool === undefined) throw new Error("no such tool");
    const description = "Read one issue, as it was said at the review";
    editPolicy(policyDir, lock, `"description": "${tool.description}"`, `"description": "${description}"`);
    editPolicy(policyDir, lock, tool.digest, toolDigest("get_issue", { ...tool, description }));
    await host.provision();
    await expect.poll(() => agent.listTools(), soon).not.toContain("get_issue");
    const before = await upstreamCalls();
    for (let n = 0; n < 2; n += 1) {
      expect(await agent.call("get_issue", { id: "DEMO-1" })).toMatchObject({
        kind: "denied",
        code: "TOOL_CHANGED",
        reason: expect.stringContaining("import --check --host demo --server issues"),
      });
    }
    expect(await upstreamCalls()).toEqual(before);
    // With the calls everything before them is there.
    const decided = () => audit.of("another definition").map(({ code }) => code);
    await expect.poll(decided, soon).toEqual(["ALLOWED", "TOOL_CHANGED", "TOOL_CHANGED"]);
    expect(audit.drift).toMatchObject([{ server: "issues", tool: "get_issue", code: "TOOL_CHANGED" }]);

    writeFileSync(join(policyDir, lock), written);
    await host.provision();
    await expect.poll(() => agent.listTools(), soon).toContain("get_issue");
    expect(await agent.call("get_issue", { id: "DEMO-1" })).toMatchObject({ kind: "result" });
    await expect.poll(decided, soon).toEqual(["ALLOWED", "TOOL_CHANGED", "TOOL_CHANGED", "ALLOWED"]);
    expect(audit.drift.map(({ code }) => code)).toEqual(["TOOL_CHANGED", "TOOL_RESTORED"]);
    await agent.close();
  });

  test("of a grant's last day: allowed on it, refused after it, and allowed again when it is extended", async () => {
    const agent = new Agent("last day", issues(), sdkV2("2026-07-28"));
    await agent.connect(human("developer@example.com"), { level: "medium" });
    const create = () => agent.call("create_issue", { project: "DEMO", title: "Before the end" });
    const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
    const grant = (until?: string) =>
      `human: developer@example.com, ceiling: medium${until === undefined ? "" : `, until: ${until}`} }`;
    // Not today: midnight may come while the test runs.
    const dayMs = 24 * 60 * 60 * 1000;
    const [tomorrow, yesterday] = [day(Date.now() + dayMs), day(Date.now() - dayMs)];

    editPolicy(policyDir, "grants.yaml", grant(), grant(tomorrow));
    await host.provision();
    expect(await create()).toMatchObject({ kind: "result" });
    const before = await upstreamCalls();
    editPolicy(policyDir, "grants.yaml", grant(tomorrow), grant(yesterday));
    await host.provision();
    await expect.poll(create, soon).toMatchObject({ kind: "denied", code: "GRANT_ENDED" });
    expect(await upstreamCalls()).toEqual(before);

    editPolicy(policyDir, "grants.yaml", grant(yesterday), grant());
    await host.provision();
    await expect.poll(create, soon).toMatchObject({ kind: "result" });
    await agent.close();
  });

  test("that is wrong changes nothing and names file, line and column", async () => {
    editPolicy(policyDir, "servers/issues.yaml", "list_issues: { trust: low }", "list_issues: { trust: lowest }");
    await expect(host.provision()).rejects.toThrow(PolicyRefusedError);
    await expect(host.provision()).rejects.toThrow(/servers\/issues\.yaml:\d+:\d+ /);
    editPolicy(policyDir, "servers/issues.yaml", "list_issues: { trust: lowest }", "list_issues: { trust: low }");
    expect(await host.provision()).toEqual([]);
  });
});

describe("consents and tokens", () => {
  test("outlive a gateway that was killed, and a second start of the whole host", async () => {
    const agent = new Agent("survivor", issues(), sdkV2("2026-07-28"));
    await agent.connect(human("lead@example.com"), { level: "low" });
    await host.crashGateway();
    expect(await agent.call("list_issues", {})).toMatchObject({ kind: "result" });
    expect(await agent.call("create_issue", { project: "DEMO", title: "No" })).toMatchObject({ kind: "denied" });

    const { accounts, permitKey } = host;
    await host.stop();
    const progress: string[] = [];
    host = await startLocalHost({ ...options, onProgress: (line) => progress.push(line) });
    expect(progress).toContain("  nothing changed");
    expect({ accounts: host.accounts, permitKey: host.permitKey }).toEqual({ accounts, permitKey });
    expect(await agent.call("list_issues", {})).toMatchObject({ kind: "result" });
    expect(await agent.call("create_issue", { project: "DEMO", title: "No" })).toMatchObject({ kind: "denied" });
    await agent.close();
  }, 120_000);
});
