import { didYouMean, listed } from "../did-you-mean.ts";
import type { Rule } from "./rule.ts";

/** A grant to a group that is not defined reaches nobody, while its author thinks that it does. */
export const groupKnown: Rule = {
  id: "group-known",
  *check({ grants, groupNames }) {
    if (grants === undefined) return;
    for (const [index, { group }] of grants.value.grants.entries()) {
      if (group === undefined || groupNames.includes(group)) continue;
      yield {
        at: grants.source.positionOf(["grants", index, "group"]),
        message: `There is no group ${JSON.stringify(group)}.`,
        hint: didYouMean(group, groupNames, `the groups are ${listed(groupNames)}`),
      };
    }
  },
};
