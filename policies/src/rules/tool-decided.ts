import type { Rule } from "./rule.ts";

/** A tool of the server on which nobody has decided is refused; a line that says so shows that somebody has. */
export const toolDecided: Rule = {
  id: "tool-decided",
  ofWholeFiles: true,
  *check({ servers }) {
    for (const { content, lock } of servers) {
      if (content === undefined || lock === undefined) continue;
      for (const name of Object.keys(lock.tools)) {
        if (Object.hasOwn(content.value.tools, name)) continue;
        yield {
          at: content.positionOfKey(["tools"]),
          message: `The server has a tool ${JSON.stringify(name)} of which the policy says nothing, so it is refused.`,
          hint: "give it a trust; `enabled: false` keeps it refused",
        };
      }
    }
  },
};
