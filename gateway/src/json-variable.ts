import { z } from "zod";

/** A variable that holds JSON. What is wrong with it is told by an example, never by its value, which may be a secret. */
export function jsonVariable(example: string) {
  return z.string().transform((value, context) => {
    try {
      return JSON.parse(value) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: `must be JSON: ${example}` });
      return z.NEVER;
    }
  });
}
