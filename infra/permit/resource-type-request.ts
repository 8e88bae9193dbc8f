import type { DerivationRule, ResourceTypePlan, RolePlan, ToolAttributes } from "@permit-mcp-gateway/policies";
import type { Permit, ResourceCreate } from "permitio";

/** Body of POST resources/{type}/roles, which the SDK has no exported name for. */
type RoleRequest = Parameters<Permit["api"]["resourceRoles"]["create"]>[1];

/** A record with the same keys and other values. */
export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

/** A derivation rule in Permit's words. */
export function toRule(rule: DerivationRule) {
  return { role: rule.role, on_resource: rule.onResource, linked_by_relation: rule.relation };
}

/** A role in Permit's words. */
export function toRoleRequest(key: string, role: RolePlan): RoleRequest {
  return {
    key,
    name: key,
    permissions: [...role.permissions],
    ...(role.grantedTo.length === 0 ? {} : { granted_to: { users_with_role: role.grantedTo.map(toRule) } }),
  };
}

/** An action in Permit's words, without its key. */
export function toActionRequest(action: { readonly name: string; readonly attributes: ToolAttributes | null }) {
  return { name: action.name, ...(action.attributes === null ? {} : { attributes: { ...action.attributes } }) };
}

/** The one request that creates the type with its actions, roles, derivations and relations: they are few per minute. */
export function toRequest(plan: ResourceTypePlan): ResourceCreate {
  return {
    key: plan.key,
    name: plan.name,
    actions: mapValues(plan.actions, toActionRequest),
    roles: mapValues(plan.roles, (role, roleKey) => {
      const { key: _, ...request } = toRoleRequest(roleKey, role);
      return request;
    }),
    relations: { ...plan.relations },
  };
}
