import { reaches } from "../trust.ts";
import type { Rule } from "./rule.ts";

/** A grant that can open no tool to anybody is not what its author meant. */
export const grantEffect: Rule = {
  id: "grant-effect",
  ofWholeFiles: true,
  *check({ grants, servers }) {
    if (grants === undefined) return;
    const byKey = new Map(servers.map(({ key, content }) => [key, content]));
    for (const [index, { server, group, ceiling }] of grants.value.grants.entries()) {
      const at = grants.source.positionOf(["grants", index]);
      const { groups } = grants.value;
      if (group !== undefined && Object.hasOwn(groups, group) && groups[group]?.length === 0) {
        yield {
          at,
          message: `The group ${JSON.stringify(group)} has no members.`,
          hint: "add one, or remove the grant",
        };
      }
      const content = byKey.get(server);
      if (content === undefined) continue;
      const enabled = Object.values(content.value.tools).filter((tool) => tool.enabled);
      if (enabled.some(({ trust }) => reaches(ceiling, trust))) continue;
      const message =
        enabled.length === 0
          ? `The server ${JSON.stringify(server)} has no enabled tool.`
          : `No enabled tool of ${JSON.stringify(server)} has a trust that the ceiling ${ceiling} reaches.`;
      yield { at, message, hint: "raise the ceiling, enable a tool, or remove the grant" };
    }
  },
};
