import type { Rule } from "./rule.ts";

/** With both, it would not be clear whether both get the grant or only the human within the group. */
export const grantSubject: Rule = {
  id: "grant-subject",
  *check({ grants }) {
    if (grants === undefined) return;
    for (const [index, { group, human }] of grants.value.grants.entries()) {
      if ((group === undefined) !== (human === undefined)) continue;
      yield {
        at: grants.source.positionOf(["grants", index]),
        message: group === undefined ? "The grant says to nobody." : "The grant names a group and a human.",
        hint: group === undefined ? "add `group` or `human`" : "make two grants of it",
      };
    }
  },
};
