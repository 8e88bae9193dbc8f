import type { Rule } from "./rule.ts";

/** A tool that the server did not offer when it was imported: misspelt, or gone. Nothing says what it would do. */
export const toolLocked: Rule = {
  id: "tool-locked",
  ofWholeFiles: true,
  *check({ servers }) {
    for (const { content, lock } of servers) {
      if (content === undefined || lock === undefined) continue;
      for (const name of Object.keys(content.value.tools)) {
        if (Object.hasOwn(lock.tools, name)) continue;
        yield {
          at: content.positionOfKey(["tools", name]),
          message: `The lock file has no tool ${JSON.stringify(name)}.`,
          hint: "correct the name or remove the tool; `import` brings the lock up to date",
        };
      }
    }
  },
};
