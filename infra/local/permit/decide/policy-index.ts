import { type EnvironmentState, ref } from "../state/environment.ts";
import type { AssignmentRow, RoleRow } from "../state/rows.ts";

/** What decisions read, and nothing else: the derivation rules are tested without an environment around them. */
export interface PolicyIndex {
  /** All role assignments of a user. */
  assignmentsOf(user: string): readonly Pick<AssignmentRow, "role" | "tenant" | "resource_instance">[];
  /** The relations in which `subject` (`type:key`) stands to objects. */
  relationsFrom(subject: string): readonly { readonly relation: string; readonly object: string }[];
  /** The roles of a type; of the tenant level for the empty string. */
  rolesOf(type: string): readonly Pick<RoleRow, "key" | "permissions" | "extends" | "granted_to">[];
  /** The tenant of an instance (`type:key`), undefined when there is no such instance. */
  tenantOf(instance: string): string | undefined;
  hasUser(user: string): boolean;
  hasTenant(tenant: string): boolean;
  hasType(type: string): boolean;
  hasAction(type: string, action: string): boolean;
}

/** The index of an environment as it is now. */
export function policyIndex(env: EnvironmentState): PolicyIndex {
  return {
    assignmentsOf: (user) => env.assignments.by("user", user),
    relationsFrom: (subject) => env.tuples.by("subject", subject),
    rolesOf: (type) => env.roles.by("resource", type),
    tenantOf: (instance) => env.instances.byKey(instance)?.tenant,
    hasUser: (user) => env.users.byKey(user) !== undefined,
    hasTenant: (tenant) => env.tenants.byKey(tenant) !== undefined,
    hasType: (type) => env.resources.byKey(type) !== undefined,
    hasAction: (type, action) => env.actions.byKey(ref(type, action)) !== undefined,
  };
}
