import { reachingGrants } from "../reaching-grants.ts";
import type { Rule } from "./rule.ts";

/** A grant that changes nothing for anybody hides the ones that do: lowering or removing it would have no effect. */
export const grantShadowed: Rule = {
  id: "grant-shadowed",
  ofWholeFiles: true,
  *check({ grants }) {
    if (grants === undefined) return;
    const lines = new Set(reachingGrants(grants).map(({ source }) => `${source.line}:${source.column}`));
    for (const [index, { server, group, human }] of grants.value.grants.entries()) {
      const { line, column } = grants.source.positionOf(["grants", index, "ceiling"]);
      if (lines.has(`${line}:${column}`)) continue;
      // A grant that reaches nobody is another rule's.
      const { groups } = grants.value;
      const reachesSomebody =
        human !== undefined || (group !== undefined && Object.hasOwn(groups, group) && groups[group]?.length);
      if (!reachesSomebody) continue;
      yield {
        at: grants.source.positionOf(["grants", index]),
        message: `Other grants on ${JSON.stringify(server)} give everybody whom this one reaches at least as much.`,
        hint: "remove it; `explain` shows which grant holds",
      };
    }
  },
};
