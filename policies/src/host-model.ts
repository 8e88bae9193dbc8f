import { canonicalEmail } from "./email.ts";
import type { ServerEntry } from "./host-files.ts";
import type { GrantModel, HostModel, HumanModel, ServerModel } from "./model.ts";
import { toolActionKey } from "./permit-keys.ts";
import type { GrantsFile, HostFile } from "./schema.ts";
import type { ShapedFile } from "./shape.ts";
import { trustRank } from "./trust.ts";

/** Files without a finding. */
export interface CheckedFiles {
  readonly key: string;
  readonly host: ShapedFile<HostFile>;
  readonly grants: ShapedFile<GrantsFile>;
  readonly servers: readonly (ServerEntry & { readonly content: NonNullable<ServerEntry["content"]> })[];
}

// Code unit order: the same on every machine, which `localeCompare` is not.
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function serverModel({ key, content: { source, value } }: CheckedFiles["servers"][number]): ServerModel {
  return {
    key,
    name: value.name,
    description: value.description,
    url: value.url,
    tools: Object.entries(value.tools).map(([name, tool]) => ({
      name,
      action: toolActionKey(name),
      trust: tool.trust,
      enabled: tool.enabled,
      source: source.positionOfKey(["tools", name]),
    })),
    source: source.positionOf([]),
  };
}

function grantModels({ source, value }: ShapedFile<GrantsFile>): readonly GrantModel[] {
  const highest = new Map<string, GrantModel>();
  for (const [index, grant] of value.grants.entries()) {
    const subjects = grant.human === undefined ? (value.groups[grant.group ?? ""] ?? []) : [grant.human];
    for (const human of subjects.map(canonicalEmail)) {
      const key = JSON.stringify([grant.server, human]);
      const before = highest.get(key);
      // The first of equals stays: its line is the one a reader finds first.
      if (before !== undefined && trustRank(before.ceiling) >= trustRank(grant.ceiling)) continue;
      const at = source.positionOf(["grants", index, "ceiling"]);
      highest.set(key, { human, server: grant.server, ceiling: grant.ceiling, source: at });
    }
  }
  return [...highest.values()].toSorted((a, b) => byText(a.server, b.server) || byText(a.human, b.human));
}

function humanModels(host: HostFile, { groups, grants }: GrantsFile): readonly HumanModel[] {
  const groupsOf = new Map<string, Set<string>>();
  const add = (email: string, group?: string) => {
    const human = canonicalEmail(email);
    const known = groupsOf.get(human) ?? new Set();
    groupsOf.set(human, group === undefined ? known : known.add(group));
  };
  for (const email of host.admins) add(email);
  for (const { human } of grants) if (human !== undefined) add(human);
  for (const [group, members] of Object.entries(groups)) for (const email of members) add(email, group);
  return [...groupsOf]
    .map(([email, names]) => ({ email, groups: [...names].toSorted(byText) }))
    .toSorted((a, b) => byText(a.email, b.email));
}

/** Makes the model of a host of files that have no finding. */
export function hostModel({ key, host, grants, servers }: CheckedFiles): HostModel {
  return {
    key,
    name: host.value.name,
    permit: host.value.permit,
    signIn: host.value.signIn,
    admins: [...new Set(host.value.admins.map(canonicalEmail))].toSorted(byText),
    servers: servers.map(serverModel).toSorted((a, b) => byText(a.key, b.key)),
    humans: humanModels(host.value, grants.value),
    grants: grantModels(grants),
  };
}
