import { typeOf } from "../state/environment.ts";
import type { PolicyIndex } from "./policy-index.ts";

/** Why a user has a role on an instance: assigned, or derived from a role on another instance. */
export interface RoleSource {
  /** `type:key` of the instance the role is on. */
  readonly resource: string;
  readonly role: string;
  readonly reason: string;
}

/** Roles by instance (`type:key`), then by role key. */
export type InstanceRoles = ReadonlyMap<string, ReadonlyMap<string, RoleSource>>;

/**
 * The roles of a user on all instances of one tenant, assigned and derived through any number of steps.
 *
 * Walks forward from the user's own assignments: they are few, while a server has a tuple for every human. A worklist
 * to the least fixed point, so that cycles end and need no path to remember. Sound because blocking
 * (`no_direct_roles_on_object`) looks at assigned roles only, never at derived ones: more roles never mean fewer.
 */
export function instanceRoles(index: PolicyIndex, user: string, tenant: string): InstanceRoles {
  const found = new Map<string, Map<string, RoleSource>>();
  const work: RoleSource[] = [];
  const add = (source: RoleSource) => {
    const roles = found.get(source.resource) ?? new Map<string, RoleSource>();
    if (roles.has(source.role)) return;
    found.set(source.resource, roles.set(source.role, source));
    work.push(source);
  };
  const direct = new Set<string>();
  for (const { role, resource_instance: resource } of index.assignmentsOf(user)) {
    if (resource === null || index.tenantOf(resource) !== tenant) continue;
    direct.add(resource);
    add({ resource, role, reason: `user '${user}' has the role '${role}' on '${resource}'` });
  }
  for (let from = work.pop(); from !== undefined; from = work.pop()) {
    for (const { relation, object } of index.relationsFrom(from.resource)) {
      if (index.tenantOf(object) !== tenant) continue;
      for (const role of rolesDerivedFrom(index, from, relation, object, direct.has(object))) {
        add({
          resource: object,
          role,
          reason: `role '${from.role}' on '${from.resource}', which is '${relation}' of '${object}', gives the role '${role}'`,
        });
      }
    }
  }
  return found;
}

function rolesDerivedFrom(
  index: PolicyIndex,
  from: RoleSource,
  relation: string,
  object: string,
  hasDirectRole: boolean,
): readonly string[] {
  const fromType = typeOf(from.resource);
  return index
    .rolesOf(typeOf(object))
    .filter(({ granted_to }) => {
      if (granted_to === null || (granted_to.no_direct_roles_on_object && hasDirectRole)) return false;
      return granted_to.rules.some(
        (rule) =>
          rule.role === from.role &&
          rule.on_resource === fromType &&
          rule.linked_by_relation === relation &&
          !(rule.no_direct_roles_on_object && hasDirectRole),
      );
    })
    .map(({ key }) => key);
}
