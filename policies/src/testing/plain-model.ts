/** Models in which everything is as it is when a file says nothing, for tests. */
import { silentAudit } from "../call-audit.ts";
import type { GrantModel, HostModel, ServerModel, ToolModel } from "../model.ts";
import { toolActionKey } from "../permit-keys.ts";
import { hostFileSchema } from "../schema/host-file.ts";
import { maxAnswerMegabytesDefault } from "../schema/server-file.ts";
import type { TrustLevel } from "../trust.ts";

/** The day of the tests. */
export const today = "2026-11-24";

const source = { file: "policies/hosts/demo/host.yaml", line: 1, column: 1 };

/** An enabled tool without approval. */
export function plainTool(name: string, trust: TrustLevel, changes: Partial<ToolModel> = {}): ToolModel {
  const action = toolActionKey(name);
  return {
    name,
    action,
    trust,
    enabled: true,
    approval: [],
    timeoutSeconds: undefined,
    rateLimit: undefined,
    audit: silentAudit,
    definition: undefined,
    source,
    ...changes,
  };
}

/** A server with these tools and their trust. */
export function plainServer(
  key: string,
  tools: Readonly<Record<string, TrustLevel>>,
  changes: Partial<ServerModel> = {},
): ServerModel {
  return {
    key,
    name: key,
    description: `The ${key} server`,
    url: `https://${key}.example.com/mcp`,
    transport: { type: "http" },
    auth: { type: "none" },
    timeoutSeconds: undefined,
    maxAnswerMegabytes: maxAnswerMegabytesDefault,
    listTools: "effective",
    resources: "low",
    prompts: "low",
    methods: {},
    consentDays: undefined,
    rateLimit: undefined,
    audit: silentAudit,
    tools: Object.entries(tools).map(([name, trust]) => plainTool(name, trust)),
    source,
    ...changes,
  };
}

/** A grant that names the human and has no end. */
export function plainGrant(
  human: string,
  server: string,
  ceiling: TrustLevel,
  changes: Partial<GrantModel> = {},
): GrantModel {
  return { human, server, ceiling, until: undefined, consentDays: undefined, group: undefined, source, ...changes };
}

/** A host of these servers, humans and grants, and one admin. */
export function plainHost(
  parts: {
    readonly humans: readonly string[];
    readonly servers: readonly ServerModel[];
    readonly grants: readonly GrantModel[];
  },
  changes: Partial<HostModel> = {},
): HostModel {
  const permit = { project: "default", environment: "demo" };
  const { admins, approvers, auditors, signIn, approval, dynamicServers, clients, sessions, rateLimits, audit } =
    hostFileSchema.parse({ name: "Demo", permit, admins: ["admin@example.com"] });
  return {
    key: "demo",
    name: "Demo",
    permit,
    source,
    signIn,
    admins,
    approvers,
    auditors,
    approval,
    dynamicServers,
    clients,
    sessions,
    rateLimits,
    audit,
    servers: parts.servers,
    humans: [...new Set([...admins, ...parts.humans])].toSorted().map((email) => ({ email, groups: [] })),
    grants: parts.grants,
    ...changes,
  };
}
