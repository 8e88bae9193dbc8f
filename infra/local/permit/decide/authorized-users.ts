import { decide } from "./decide.ts";
import type { DecisionIndex } from "./decision-index.ts";
import type { DecisionQuery } from "./decision-query.ts";
import { BackwardWalk } from "./role-walks.ts";

/** One reason for which a user may: a role in the tenant or on the instance, or a pair of condition sets. */
export interface AuthorizedAssignment {
  readonly user: string;
  readonly tenant: string;
  /** `__tenant:key`, `type:key` or, of a set rule, the resource set. */
  readonly resource: string;
  /** Of a set rule the user set. */
  readonly role: string;
}

/** Who may do an action on a resource: every synced user whom `decide` allows it, with the reasons. */
export function authorizedUsers(
  index: DecisionIndex,
  query: Omit<DecisionQuery, "user" | "userAttributes">,
): ReadonlyMap<string, readonly AuthorizedAssignment[]> {
  const { tenant = "" } = query;
  const users = new Map<string, readonly AuthorizedAssignment[]>();
  for (const user of candidates(index, query)) {
    const { allow, rbac, rebac, abac } = decide(index, { ...query, user, userAttributes: {} });
    if (!allow) continue;
    users.set(user, [
      ...(rbac.allowing_roles ?? []).map((role) => ({ user, tenant, resource: `__tenant:${tenant}`, role })),
      ...(rebac?.allowing_roles ?? []).map(({ resource, role }) => ({ user, tenant, resource, role })),
      ...(abac?.allowing_rules ?? []).map(({ userset, role, resourceset, resource_type }) => {
        return { user, tenant, resource: resourceset ?? resource_type ?? "", role: userset ?? role ?? "" };
      }),
    ]);
  }
  return users;
}

/** Everybody who might be allowed: from the resource backward, because few of all users have anything to do with it. */
function candidates(index: DecisionIndex, query: Omit<DecisionQuery, "user" | "userAttributes">): ReadonlySet<string> {
  const { type, key, action, tenant } = query;
  const { facts, schema, abac } = index;
  if (tenant === undefined) return new Set();
  if (abac.hasRules(`${type}:${action}`)) {
    return new Set([...facts.users.values()].flatMap((user) => (user.row === null ? [] : [user.key])));
  }
  const found = new Set<string>();
  for (const user of facts.users.values()) {
    for (const [row, instance] of user.grants) if (instance === null && row.tenant === tenant) found.add(user.key);
  }
  const instance = key === undefined ? undefined : facts.instances.get(`${type}:${key}`);
  if (instance === undefined) return found;
  const walk = new BackwardWalk(null, tenant, instance, schema.types.get(type)?.allowing.get(action)?.roles ?? []);
  walk.run(Number.POSITIVE_INFINITY);
  for (const [each, steps] of walk.found) {
    const roles = new Set(steps.map(({ role }) => role.key));
    for (const [row, user] of each.grants) if (roles.has(row.role)) found.add(user.key);
  }
  return found;
}
