import type { PolicyIndex } from "./policy-index.ts";

/**
 * The permissions of a role of `type` with those it inherits through `extends`, which adds permissions only: a role
 * does not count as the roles it extends where a derivation asks for one. Ends on circles of `extends`.
 */
export function effectivePermissions(index: PolicyIndex, type: string, role: string): ReadonlySet<string> {
  const roles = new Map(index.rolesOf(type).map((each) => [each.key, each] as const));
  const permissions = new Set<string>();
  const seen = new Set<string>();
  const work = [role];
  for (let key = work.pop(); key !== undefined; key = work.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    const each = roles.get(key);
    for (const permission of each?.permissions ?? []) permissions.add(permission);
    work.push(...(each?.extends ?? []));
  }
  return permissions;
}
