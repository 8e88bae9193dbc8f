import { didYouMean, listed } from "../did-you-mean.ts";
import type { HostFiles } from "../host-files.ts";
import type { SourcePosition } from "../model.ts";
import type { Rule } from "./rule.ts";

/** Every place that names a group. An entry of a member list without an "@" is one. */
function* groupNamesUsed({
  host,
  grants,
}: HostFiles): Iterable<{ readonly group: string; readonly at: SourcePosition }> {
  for (const list of ["admins", "approvers", "auditors"] as const) {
    for (const [index, group] of (host?.value[list] ?? []).entries()) {
      if (host !== undefined && !group.includes("@")) yield { group, at: host.source.positionOf([list, index]) };
    }
  }
  for (const [index, { group }] of (grants?.value.grants ?? []).entries()) {
    if (grants === undefined || group === undefined) continue;
    yield { group, at: grants.source.positionOf(["grants", index, "group"]) };
  }
}

/** A grant to a group that is not defined reaches nobody, while its author thinks that it does. */
export const groupKnown: Rule = {
  id: "group-known",
  *check(files) {
    // Without the grants file nothing is known of groups, and its own finding is the one to mend.
    if (files.grants === undefined) return;
    const known = new Set(files.groupNames);
    for (const { group, at } of groupNamesUsed(files)) {
      if (known.has(group)) continue;
      const hint = didYouMean(group, files.groupNames, `the groups are ${listed(files.groupNames)}`);
      yield { at, message: `There is no group ${JSON.stringify(group)}.`, hint };
    }
  },
};
