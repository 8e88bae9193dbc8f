import { typeOf } from "../state/environment.ts";
import { effectivePermissions } from "./effective-permissions.ts";
import { instanceRoles } from "./instance-roles.ts";
import type { PolicyIndex } from "./policy-index.ts";

/** Which part of a user's permissions to list; null lists all. All given filters must fit. */
export interface PermissionFilter {
  readonly tenants: readonly string[] | null;
  /** `type:key` or `__tenant:key`. */
  readonly resources: readonly string[] | null;
  readonly resourceTypes: readonly string[] | null;
}

/** What a user may do in one place. */
export interface PermissionEntry {
  /** `__tenant:key` for tenant-level roles, else `type:key` of an instance. */
  readonly place: string;
  /** `type:action`. */
  readonly permissions: readonly string[];
  readonly roles: readonly string[];
}

/** Every place where a user has a role, with what the roles there allow. Agrees with `decide` by construction. */
export function userPermissions(
  index: PolicyIndex,
  user: string,
  filter: PermissionFilter,
): readonly PermissionEntry[] {
  if (!index.hasUser(user)) return [];
  const assignments = index.assignmentsOf(user);
  const entries: PermissionEntry[] = [];
  const add = (place: string, roles: readonly string[], permissionsOf: (role: string) => Iterable<string>) => {
    if (filter.resources !== null && !filter.resources.includes(place)) return;
    if (filter.resourceTypes !== null && !filter.resourceTypes.includes(typeOf(place))) return;
    entries.push({
      place,
      roles,
      permissions: [...new Set(roles.flatMap((role) => [...permissionsOf(role)]))].toSorted(),
    });
  };
  for (const tenant of new Set(assignments.map((assignment) => assignment.tenant))) {
    if (filter.tenants !== null && !filter.tenants.includes(tenant)) continue;
    const roles = assignments.filter((each) => each.tenant === tenant && each.resource_instance === null);
    if (roles.length > 0) {
      add(
        `__tenant:${tenant}`,
        roles.map(({ role }) => role),
        (role) => effectivePermissions(index, "", role),
      );
    }
    for (const [instance, sources] of instanceRoles(index, user, tenant)) {
      const type = typeOf(instance);
      add(instance, [...sources.keys()], (role) =>
        [...effectivePermissions(index, type, role)].map((action) => `${type}:${action}`),
      );
    }
  }
  return entries;
}
