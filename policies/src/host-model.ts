import { byText } from "./by-text.ts";
import { silentAudit } from "./call-audit.ts";
import { dynamicServersModel } from "./dynamic-servers.ts";
import { canonicalEmail } from "./email.ts";
import type { ServerEntry } from "./host-files.ts";
import type { ApprovalRule, HostModel, HumanModel, ServerModel } from "./model.ts";
import { toolActionKey } from "./permit-keys.ts";
import { reachingGrants } from "./reaching-grants.ts";
import type { GrantsFile } from "./schema/grants-file.ts";
import type { HostFile } from "./schema/host-file.ts";
import { maxAnswerMegabytesDefault, type ServerFile } from "./schema/server-file.ts";
import type { ShapedFile } from "./shape.ts";
import { reaches } from "./trust.ts";

/** Files without a finding. */
export interface CheckedFiles {
  readonly key: string;
  readonly host: ShapedFile<HostFile>;
  readonly grants: ShapedFile<GrantsFile>;
  readonly servers: readonly (ServerEntry & { readonly content: NonNullable<ServerEntry["content"]> })[];
}

/** Where the server is and how it is reached. The rule `server-address` has seen to it that it has one address. */
function addressOf(key: string, file: ServerFile): Pick<ServerModel, "url" | "transport"> {
  const { url = `stdio:${key}`, transport = "http", command, args = [], env = {} } = file;
  return { url, transport: command === undefined ? { type: transport } : { type: "stdio", command, args, env } };
}

function serverModel(host: CheckedFiles["host"], { key, content, lock }: CheckedFiles["servers"][number]): ServerModel {
  const { name, description, auth, timeoutSeconds, listTools, consentDays, rateLimit, approval, tools } = content.value;
  const { resources = "low", prompts = "low", methods = {}, audit = silentAudit } = content.value;
  const { maxAnswerMegabytes = maxAnswerMegabytesDefault } = content.value;
  const hostFrom = host.value.approval.from;
  return {
    key,
    name,
    description,
    ...addressOf(key, content.value),
    auth,
    timeoutSeconds,
    maxAnswerMegabytes,
    listTools: listTools ?? host.value.listTools,
    resources,
    prompts,
    methods,
    consentDays,
    rateLimit,
    audit,
    tools: Object.entries(tools).map(([tool, { trust, enabled, approval: own, ...said }]) => {
      const rules: ApprovalRule[] = [];
      if (own) rules.push({ scope: "tool", source: content.positionOf(["tools", tool, "approval"]) });
      if (approval !== undefined && reaches(trust, approval.from)) {
        rules.push({ scope: "server", source: content.positionOf(["approval", "from"]) });
      }
      if (hostFrom !== undefined && reaches(trust, hostFrom)) {
        rules.push({ scope: "host", source: host.source.positionOf(["approval", "from"]) });
      }
      return {
        name: tool,
        action: toolActionKey(tool),
        trust,
        enabled,
        approval: rules,
        timeoutSeconds: said.timeoutSeconds,
        rateLimit: said.rateLimit,
        audit: said.audit ?? silentAudit,
        definition: lock !== undefined && Object.hasOwn(lock.tools, tool) ? lock.tools[tool] : undefined,
        source: content.positionOfKey(["tools", tool]),
      };
    }),
    source: content.positionOf([]),
  };
}

/** Members named one by one or by group, as sorted addresses. */
export function memberAddresses(entries: readonly string[], groups: GrantsFile["groups"]): readonly string[] {
  const emails = entries.flatMap((entry) => {
    if (entry.includes("@")) return [entry];
    return Object.hasOwn(groups, entry) ? (groups[entry] ?? []) : [];
  });
  return [...new Set(emails.map(canonicalEmail))].toSorted(byText);
}

/** Every human of a host, sorted: its members, and whom `grants.yaml` names. */
export function humanModels(members: readonly string[], { groups, grants }: GrantsFile): readonly HumanModel[] {
  const groupsOf = new Map<string, Set<string>>();
  const add = (email: string, group?: string) => {
    const human = canonicalEmail(email);
    const known = groupsOf.get(human) ?? new Set();
    groupsOf.set(human, group === undefined ? known : known.add(group));
  };
  for (const email of members) add(email);
  for (const { human } of grants) if (human !== undefined) add(human);
  for (const [group, emails] of Object.entries(groups)) for (const email of emails) add(email, group);
  return [...groupsOf]
    .map(([email, names]) => ({ email, groups: [...names].toSorted(byText) }))
    .toSorted((a, b) => byText(a.email, b.email));
}

/** Makes the model of a host of files that have no finding. */
export function hostModel({ key, host, grants, servers }: CheckedFiles): HostModel {
  const { name, permit, signIn, approval, dynamicServers, clients, sessions, rateLimits, audit } = host.value;
  const [admins, approvers, auditors] = [host.value.admins, host.value.approvers, host.value.auditors].map((entries) =>
    memberAddresses(entries, grants.value.groups),
  ) as [readonly string[], readonly string[], readonly string[]];
  return {
    key,
    name,
    permit,
    source: host.source.positionOf(["permit", "environment"]),
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
    servers: [...servers.map((server) => serverModel(host, server)), ...dynamicServersModel(host)].toSorted((a, b) =>
      byText(a.key, b.key),
    ),
    humans: humanModels([...admins, ...approvers, ...auditors], grants.value),
    grants: reachingGrants(grants),
  };
}
