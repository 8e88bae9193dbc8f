/** What travels to the gateway, and that what is so by default does not: literal values, because older gateways read them. */
import { describe, expect, test } from "vitest";
import { hostAttributes, serverAttributes, toolAttributes } from "./attributes.ts";
import { plan } from "./plan.ts";
import { hostFileSchema } from "./schema/host-file.ts";
import { plainGrant, plainHost, plainServer, plainTool, today } from "./testing/plain-model.ts";

const source = { file: "host.yaml", line: 1, column: 1 };

describe("a tool has", () => {
  test.each<readonly [string, object, object]>([
    ["its name and trust, and nothing that is so by default", {}, { tool: "wipe", trust: "high" }],
    [
      "its approval, and that it needs a gateway that knows approvals",
      { approval: [{ scope: "tool", source }] },
      { tool: "wipe", trust: "high", approval: true, requires: ["approval"] },
    ],
    [
      "the digest of what was reviewed",
      { definition: { inputSchema: {}, digest: "sha256:a" } },
      { tool: "wipe", trust: "high", digest: "sha256:a" },
    ],
    ["no word of the audit where it says none", { audit: { redact: [] } }, { tool: "wipe", trust: "high" }],
    [
      "a timeout, which needs nothing of the gateway",
      { timeoutSeconds: 5 },
      { tool: "wipe", trust: "high", timeout_seconds: 5 },
    ],
    [
      "what is recorded of its arguments",
      { audit: { arguments: "digest", redact: [] } },
      { tool: "wipe", trust: "high", audit: { arguments: "digest" }, requires: ["audit-arguments"] },
    ],
    [
      "what is redacted, which needs nothing as long as nothing is recorded",
      { audit: { redact: ["$.pin"] } },
      { tool: "wipe", trust: "high", audit: { redact: ["$.pin"] } },
    ],
    [
      "that nothing is recorded, whatever its server says",
      { audit: { arguments: "none", redact: [] } },
      { tool: "wipe", trust: "high", audit: { arguments: "none" } },
    ],
  ])("%s", (_, changes, expected) => {
    expect(toolAttributes(plainTool("wipe", "high", changes))).toEqual(expected);
  });
});

describe("a server has", () => {
  const plain = { name: "issues", description: "The issues server", upstream_url: "https://issues.example.com/mcp" };
  const dev = "dev@example.com";
  const profile = "dev_40example_2ecom";
  test("its name, description and URL, and nothing that is so by default", () => {
    expect(serverAttributes(plainServer("issues", {}), [plainGrant(dev, "issues", "low")])).toEqual(plain);
  });
  test.each<readonly [string, object, object]>([
    [
      "a sign-in of humans",
      { auth: { type: "oauth", scopes: ["a"] } },
      { auth: { type: "oauth", scopes: ["a"] }, requires: ["upstream-oauth"] },
    ],
    [
      "a secret in a header",
      { auth: { type: "header", header: "X", value: { secret: "s" } } },
      { auth: { type: "header", header: "X", value: { secret: "s" } }, requires: ["upstream-header"] },
    ],
    ["another transport", { transport: { type: "sse" } }, { transport: { type: "sse" }, requires: ["upstream-sse"] }],
    [
      "a program",
      { transport: { type: "stdio", command: "/usr/bin/wiki", args: ["-v"], env: { TOKEN: { secret: "s" } } } },
      {
        transport: { type: "stdio", command: "/usr/bin/wiki", args: ["-v"], env: { TOKEN: { secret: "s" } } },
        requires: ["upstream-stdio"],
      },
    ],
    ["a timeout", { timeoutSeconds: 5 }, { timeout_seconds: 5 }],
    ["a limit of its answers", { maxAnswerMegabytes: 2 }, { max_answer_megabytes: 2 }],
    ["the limit of answers that holds anyway", { maxAnswerMegabytes: 64 }, {}],
    ["another list", { listTools: "all" }, { list_tools: "all" }],
    ["resources off", { resources: "off" }, { resources: "off", requires: ["resources-trust"] }],
    ["prompts for more trust", { prompts: "high" }, { prompts: "high", requires: ["prompts-trust"] }],
    [
      "a further method",
      { methods: { "skills/list": "low" } },
      { methods: { "skills/list": "low" }, requires: ["further-methods"] },
    ],
    [
      "a limit of calls",
      { rateLimit: { max: 5, windowSeconds: 60 } },
      { rate_limit: { max: 5, windowSeconds: 60 }, requires: ["call-limits"] },
    ],
    [
      "arguments in the audit log",
      { audit: { arguments: "full", redact: ["$..token"] } },
      { audit: { arguments: "full", redact: ["$..token"] }, requires: ["audit-arguments"] },
    ],
    ["a life of consents", { consentDays: 7 }, { consent_days: 7 }],
  ])("%s", (_, changes, expected) => {
    expect(serverAttributes(plainServer("issues", {}, changes), [])).toEqual({ ...plain, ...expected });
  });
  test("the grants of humans whose ceiling ends or whose consents live shorter, all of theirs and nobody else's", () => {
    const grants = [
      plainGrant(dev, "issues", "high", { until: "2026-12-31" }),
      plainGrant(dev, "issues", "low"),
      plainGrant("lead@example.com", "issues", "high"),
      plainGrant("ops@example.com", "issues", "medium", { consentDays: 7 }),
    ];
    expect(serverAttributes(plainServer("issues", {}), grants)).toEqual({
      ...plain,
      grant_terms: {
        [profile]: [{ ceiling: "high", until: "2026-12-31" }, { ceiling: "low" }],
        ops_40example_2ecom: [{ ceiling: "medium", consent_days: 7 }],
      },
    });
  });
});

describe("a host has", () => {
  const saying = (fields: object) => {
    const permit = { project: "default", environment: "demo" };
    const { listTools: _, ...said } = hostFileSchema.parse({ name: "Demo", permit, admins: [], ...fields });
    return hostAttributes(
      plainHost({ humans: [], servers: [plainServer("issues", {}), plainServer("wiki", {})], grants: [] }, said),
      "revision",
    );
  };
  const password = { enabled: true };
  const plain = { name: "Demo", servers: ["issues", "wiki"], sign_in: { password }, revision: "revision" };
  test("its name, servers and sign-in, and nothing that is so by default", () => {
    expect(saying({})).toEqual(plain);
  });
  test.each<readonly [string, object, readonly string[]]>([
    [
      "a method that is on",
      { signIn: { password, otp: { enabled: true }, passkey: { enabled: true } } },
      ["sign-in-passkey", "sign-in-otp"],
    ],
    ["a method that is off", { signIn: { password, otp: { enabled: false } } }, []],
    ["domains of the host", { signIn: { password, domains: ["a.example"] } }, ["sign-in-domains"]],
    ["domains of a method", { signIn: { password: { enabled: true, domains: ["a.example"] } } }, ["sign-in-domains"]],
    ["dynamic servers", { dynamicServers: { enabled: true } }, ["dynamic-servers"]],
    ["other rate limits", { rateLimits: { mcp: { max: 1, windowSeconds: 60 } } }, ["rate-limits"]],
    ["a limit of an agent's calls", { rateLimits: { agent: { max: 1, windowSeconds: 60 } } }, ["call-limits"]],
    ["arguments in the audit log", { audit: { arguments: "digest" } }, ["audit-arguments"]],
    ["all of the arguments", { audit: { arguments: "full" } }, ["audit-arguments"]],
    ["what is redacted, alone", { audit: { redact: ["$.pin"] } }, []],
    ["another retention", { audit: { retentionDays: 30 } }, ["audit-retention"]],
    ["records before all calls", { audit: { lowCalls: "before-call" } }, ["audit-before-call"]],
    ["other sessions", { sessions: { idleDays: 7 } }, []],
    ["self-approval", { approval: { selfApproval: true } }, []],
  ])("what needs a gateway that knows it: %s", (_, fields, expected) => {
    const { requires = [], ...rest } = saying(fields);
    expect(requires.toSorted()).toEqual(expected.toSorted());
    expect(rest).not.toEqual(plain);
  });
  test("the other settings, by the names that the gateway reads", () => {
    expect(saying({ sessions: { idleDays: 7 } })).toEqual({ ...plain, sessions: { idleDays: 7, absoluteDays: 90 } });
    expect(saying({ dynamicServers: { enabled: true } })).toMatchObject({ dynamic_servers: { enabled: true } });
    expect(saying({ audit: { retentionDays: 30 } }).audit).toEqual({
      ...{ retentionDays: 30, arguments: "none", redact: [], lowCalls: "before-answer" },
    });
    expect(saying({ rateLimits: { mcp: { max: 1, windowSeconds: 60 } } }).rate_limits).toMatchObject({
      mcp: { max: 1, windowSeconds: 60 },
    });
    expect(saying({ approval: { from: "high" } }).approval).toMatchObject({ from: "high", timeoutSeconds: 300 });
  });
});

test("the plan of a small host, object by object", () => {
  const host = plainHost({
    humans: ["dev@example.com"],
    servers: [plainServer("issues", { write: "medium", "get-one": "low", List: "low" })],
    grants: [plainGrant("dev@example.com", "issues", "low")],
  });
  const [environment, profile, gatewayHost, type, instance, humans, grants] = plan(host, today);
  expect(environment).toEqual({ kind: "environment", project: "default", key: "demo", name: "Demo" });
  const none = { permissions: [], grantedTo: [] };
  expect(profile).toEqual({
    kind: "resource-type",
    key: "user_profile",
    name: "User profile",
    actions: {},
    roles: { owner: none, "issues-low": none, "issues-medium": none, "issues-high": none },
    relations: {},
  });
  expect(gatewayHost).toMatchObject({
    kind: "resource-type",
    key: "gateway_host",
    name: "Gateway host",
    relations: {},
  });
  if (gatewayHost?.kind !== "resource-type" || type?.kind !== "resource-type") throw new Error("two types");
  for (const role of Object.values(gatewayHost.roles)) {
    expect(role.grantedTo).toEqual([]);
    expect(role.permissions.every((action) => gatewayHost.actions[action]?.attributes === null)).toBe(true);
  }
  expect(Object.entries(type.actions)).toEqual([
    ["get_one", { name: "get-one", attributes: { tool: "get-one", trust: "low" } }],
    ["list", { name: "List", attributes: { tool: "List", trust: "low" } }],
    ["write", { name: "write", attributes: { tool: "write", trust: "medium" } }],
  ]);
  expect(type.relations).toEqual({ low: "user_profile", medium: "user_profile", high: "user_profile" });
  expect(type.roles.medium?.permissions).toEqual(["get_one", "list", "write"]);
  expect(instance).toMatchObject({ kind: "resource-instance", resource: "issues", key: "issues" });
  expect(humans).toEqual({ kind: "humans", emails: ["admin@example.com", "dev@example.com"] });
  expect(grants).toEqual({ kind: "server-grants", server: "issues", ceilings: { "dev@example.com": "low" } });
});
