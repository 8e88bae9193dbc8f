import { holdsOn } from "./decide.ts";
import { canonicalEmail } from "./email.ts";
import type { ServerEntry } from "./host-files.ts";
import type { ApprovalRule, GrantModel, HostModel, HumanModel, ServerModel } from "./model.ts";
import { toolActionKey } from "./permit-keys.ts";
import type { GrantsFile } from "./schema/grants-file.ts";
import type { HostFile } from "./schema/host-file.ts";
import type { ShapedFile } from "./shape.ts";
import { reaches, trustRank } from "./trust.ts";

/** Files without a finding. */
export interface CheckedFiles {
  readonly key: string;
  readonly host: ShapedFile<HostFile>;
  readonly grants: ShapedFile<GrantsFile>;
  readonly servers: readonly (ServerEntry & { readonly content: NonNullable<ServerEntry["content"]> })[];
}

// Code unit order: the same on every machine, which `localeCompare` is not.
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function serverModel(host: CheckedFiles["host"], { key, content, lock }: CheckedFiles["servers"][number]): ServerModel {
  const { name, description, url, auth, timeoutSeconds, listTools, consentDays, approval, tools } = content.value;
  const hostFrom = host.value.approval.from;
  return {
    key,
    name,
    description,
    url,
    auth,
    timeoutSeconds,
    listTools: listTools ?? host.value.listTools,
    consentDays,
    tools: Object.entries(tools).map(([tool, { trust, enabled, approval: own }]) => {
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
        definition: lock !== undefined && Object.hasOwn(lock.tools, tool) ? lock.tools[tool] : undefined,
        source: content.positionOfKey(["tools", tool]),
      };
    }),
    source: content.positionOf([]),
  };
}

/** Days and numbers of days, where none means without end. */
const endless = <T>(value: T | undefined, end: T) => value ?? end;

/** Highest ceiling first; of equals the one that lasts longest, then the one that allows the longest consents. */
function strongestFirst(a: GrantModel, b: GrantModel): number {
  return (
    trustRank(b.ceiling) - trustRank(a.ceiling) ||
    byText(endless(b.until, "9999-12-31"), endless(a.until, "9999-12-31")) ||
    endless(b.consentDays, Number.MAX_SAFE_INTEGER) - endless(a.consentDays, Number.MAX_SAFE_INTEGER)
  );
}

/** The grants of one human on one server that hold on some day: each of them outlasts all that are stronger. */
export function grantsThatHold(grants: readonly GrantModel[]): readonly GrantModel[] {
  const kept: GrantModel[] = [];
  // The sort is stable, so the first of equals stays: its line is the one a reader finds first.
  for (const grant of grants.toSorted(strongestFirst)) {
    const last = kept.at(-1);
    if (last === undefined || (last.until !== undefined && !holdsOn(last, endless(grant.until, "9999-12-31")))) {
      kept.push(grant);
    }
  }
  return kept;
}

function grantModels({ source, value }: ShapedFile<GrantsFile>): readonly GrantModel[] {
  const members = new Map(Object.entries(value.groups).map(([name, emails]) => [name, emails.map(canonicalEmail)]));
  const reaching = new Map<string, Map<string, GrantModel[]>>();
  for (const [index, { server, human, group, ceiling, until, consentDays }] of value.grants.entries()) {
    const subjects = human === undefined ? (members.get(group ?? "") ?? []) : [canonicalEmail(human)];
    const said = {
      server,
      ceiling,
      until,
      consentDays,
      group,
      source: source.positionOf(["grants", index, "ceiling"]),
    };
    const ofServer = reaching.get(server) ?? new Map<string, GrantModel[]>();
    reaching.set(server, ofServer);
    for (const email of subjects) {
      const before = ofServer.get(email);
      if (before === undefined) ofServer.set(email, [{ human: email, ...said }]);
      else before.push({ human: email, ...said });
    }
  }
  const inOrder = <T>(map: ReadonlyMap<string, T>) => [...map].toSorted(([a], [b]) => byText(a, b));
  return inOrder(reaching).flatMap(([, humans]) => inOrder(humans).flatMap(([, grants]) => grantsThatHold(grants)));
}

/** Members named one by one or by group, as sorted addresses. */
function addresses(entries: readonly string[], groups: GrantsFile["groups"]): readonly string[] {
  const emails = entries.flatMap((entry) => {
    if (entry.includes("@")) return [entry];
    return Object.hasOwn(groups, entry) ? (groups[entry] ?? []) : [];
  });
  return [...new Set(emails.map(canonicalEmail))].toSorted(byText);
}

function humanModels(members: readonly string[], { groups, grants }: GrantsFile): readonly HumanModel[] {
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
  const { name, permit, signIn, approval, dynamicServers, sessions, rateLimits, audit } = host.value;
  const [admins, approvers, auditors] = [host.value.admins, host.value.approvers, host.value.auditors].map((entries) =>
    addresses(entries, grants.value.groups),
  ) as [readonly string[], readonly string[], readonly string[]];
  return {
    key,
    name,
    permit,
    signIn,
    admins,
    approvers,
    auditors,
    approval,
    dynamicServers,
    sessions,
    rateLimits,
    audit,
    servers: servers.map((server) => serverModel(host, server)).toSorted((a, b) => byText(a.key, b.key)),
    humans: humanModels([...admins, ...approvers, ...auditors], grants.value),
    grants: grantModels(grants),
  };
}
