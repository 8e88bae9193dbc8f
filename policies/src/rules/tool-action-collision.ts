import { toolActionKey } from "../permit-keys.ts";
import type { Rule } from "./rule.ts";

/**
 * Permit decides on action keys, and different tool names can have the same one. Two tools would then share a
 * permission, and the lower of their two trusts would open both. Disabled tools count: they may be enabled later.
 */
export const toolActionCollision: Rule = {
  id: "tool-action-collision",
  *check({ servers }) {
    for (const { content } of servers) {
      const first = new Map<string, string>();
      for (const name of Object.keys(content?.value.tools ?? {})) {
        if (content === undefined) continue;
        const action = toolActionKey(name);
        const other = first.get(action);
        const at = content.positionOfKey(["tools", name]);
        if (action === "") {
          yield {
            at,
            message: `The tool name ${JSON.stringify(name)} has no ASCII letter or digit to make an action key of.`,
            hint: "leave the tool out, so that it is refused, or have it renamed upstream",
          };
        } else if (other !== undefined) {
          yield {
            at,
            message: `The tools ${JSON.stringify(other)} and ${JSON.stringify(name)} share the action ${JSON.stringify(action)}.`,
            hint: "keep the one that is to be allowed and leave the other out, so that it is refused",
          };
        } else first.set(action, name);
      }
    }
  },
};
