import { z } from "zod";

const filtersSchema = z.strictObject({
  include: z.array(z.string()).nullish(),
  exclude: z.array(z.string()).nullish(),
});
type Filters = z.infer<typeof filtersSchema>;

/** Which objects a copy takes, by kind; a kind that is not named is taken whole. `*` stands for any text. */
export const copyScopeSchema = z.strictObject({
  resources: filtersSchema.nullish(),
  roles: filtersSchema.nullish(),
  user_sets: filtersSchema.nullish(),
  resource_sets: filtersSchema.nullish(),
  custom_policies: filtersSchema.nullish(),
});

/** What to copy, and whether an object of the same key in the target is replaced or ends the copy. */
export interface CopyOptions {
  readonly scope: z.infer<typeof copyScopeSchema>;
  readonly overwrite: boolean;
}

/** Whether `text` is what the pattern says. Without a regular expression: many `*` would make one run for ever. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop();
  if (end === undefined) return text === pattern;
  if (text.length < start.length + end.length || !text.startsWith(start) || !text.endsWith(end)) return false;
  let at = start.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= text.length - end.length;
}

/** Whether the filters take the object of this key. */
export function takes(filters: Filters | null | undefined, key: string): boolean {
  const included = filters?.include?.some((pattern) => matchesPattern(pattern, key)) ?? true;
  return included && !(filters?.exclude?.some((pattern) => matchesPattern(pattern, key)) ?? false);
}
