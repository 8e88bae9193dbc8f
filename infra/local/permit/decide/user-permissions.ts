import { typeOf } from "../state/references.ts";
import type { DecisionIndex } from "./decision-index.ts";
import { instanceRoles } from "./instance-roles.ts";
import type { ResolvedRole } from "./resolved-schema.ts";

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

/**
 * Every place where a user has a role, with what the roles there allow. Agrees with the roles of `decide` by
 * construction; like Permit's, it knows nothing of condition sets, which have no list of places.
 */
export function userPermissions(
  index: DecisionIndex,
  user: string,
  filter: PermissionFilter,
): readonly PermissionEntry[] {
  const subject = index.facts.users.get(user);
  if (subject === undefined || subject.row === null) return [];
  const entries: PermissionEntry[] = [];
  const add = (place: string, roles: readonly ResolvedRole[], permissionOf: (permission: string) => string) => {
    if (filter.resources !== null && !filter.resources.includes(place)) return;
    if (filter.resourceTypes !== null && !filter.resourceTypes.includes(typeOf(place))) return;
    const permissions = new Set(roles.flatMap((role) => [...role.permissions].map(permissionOf)));
    entries.push({ place, roles: roles.map(({ key }) => key), permissions: [...permissions].toSorted() });
  };
  const { schema } = index;
  for (const tenant of new Set([...subject.grants.keys()].map((row) => row.tenant))) {
    if (filter.tenants !== null && !filter.tenants.includes(tenant)) continue;
    const roles = [...subject.grants]
      .filter(([row, instance]) => row.tenant === tenant && instance === null)
      .flatMap(([row]) => schema.tenantRoles.get(row.role) ?? []);
    if (roles.length > 0) add(`__tenant:${tenant}`, roles, (permission) => permission);
    for (const [instance, found] of instanceRoles(index, subject, tenant)) {
      add(instance.ref, found, (action) => `${instance.type}:${action}`);
    }
  }
  return entries;
}
