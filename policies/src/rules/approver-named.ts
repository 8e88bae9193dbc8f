import type { SourcePosition } from "../model.ts";
import type { Rule } from "./rule.ts";

/** Calls that wait while nobody may approve them are all rejected in the end. */
export const approverNamed: Rule = {
  id: "approver-named",
  ofWholeFiles: true,
  *check({ host, servers }) {
    if (host === undefined || host.value.approvers.length > 0) return;
    const places: SourcePosition[] = [];
    if (host.value.approval.from !== undefined) places.push(host.source.positionOf(["approval", "from"]));
    for (const { content } of servers) {
      if (content?.value.approval !== undefined) places.push(content.positionOf(["approval", "from"]));
      for (const [name, { approval }] of Object.entries(content?.value.tools ?? {})) {
        if (approval && content !== undefined) places.push(content.positionOf(["tools", name, "approval"]));
      }
    }
    const [at] = places;
    if (at === undefined) return;
    yield {
      at,
      message: "Calls wait for an approval here, and the host has no approvers.",
      hint: "name them in host.yaml, as `approvers`",
    };
  },
};
