import type { Rule } from "./rule.ts";

/** A grant that has ended says something that no longer holds; whoever reads the file takes it for access. */
export const grantEnded: Rule = {
  id: "grant-ended",
  *check({ grants }, today) {
    if (grants === undefined || today === undefined) return;
    for (const [index, { until }] of grants.value.grants.entries()) {
      if (until === undefined || until >= today) continue;
      yield {
        at: grants.source.positionOf(["grants", index, "until"]),
        message: `The grant ended on ${until}.`,
        hint: "remove it, or give it a later day",
      };
    }
  },
};
