import type { Rule } from "./rule.ts";

/** A group that nothing names gives its members nothing, while its name promises something. */
export const groupUsed: Rule = {
  id: "group-used",
  ofWholeFiles: true,
  *check({ host, grants }) {
    // With a file unread it is unknown what names the group.
    if (host === undefined || grants === undefined) return;
    const { admins, approvers, auditors } = host.value;
    const used = new Set([...grants.value.grants.map(({ group }) => group), ...admins, ...approvers, ...auditors]);
    for (const group of Object.keys(grants.value.groups)) {
      if (used.has(group)) continue;
      yield {
        at: grants.source.positionOfKey(["groups", group]),
        message: `Nothing names the group ${JSON.stringify(group)}.`,
        hint: "grant it something, or remove it",
      };
    }
  },
};
