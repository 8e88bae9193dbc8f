import { canonicalEmail } from "../email.ts";
import type { Rule } from "./rule.ts";

/**
 * The highest grant holds, so a second line for the same subject would raise the ceiling while the first, which a
 * reviewer finds, still says less.
 */
export const grantRepeated: Rule = {
  id: "grant-repeated",
  *check({ grants }) {
    if (grants === undefined) return;
    const firstLines = new Map<string, number>();
    for (const [index, { server, group, human }] of grants.value.grants.entries()) {
      if (group === undefined && human === undefined) continue;
      const subject = JSON.stringify([server, group, human === undefined ? undefined : canonicalEmail(human)]);
      const at = grants.source.positionOf(["grants", index]);
      const firstLine = firstLines.get(subject);
      if (firstLine === undefined) firstLines.set(subject, at.line);
      else {
        yield {
          at,
          message: `Line ${firstLine} already grants ${JSON.stringify(server)} to ${JSON.stringify(group ?? human)}.`,
          hint: "keep one of the two",
        };
      }
    }
  },
};
