import { notFound } from "../state/api-error.ts";
import { type EnvironmentState, membershipKey } from "../state/environment.ts";
import type { TenantRow, UserRow } from "../state/rows.ts";
import { newStamp } from "../state/stamp.ts";

/** The tenants a user belongs to, by key: those it was added to, and those it has a role in. */
export function tenantsOf(env: EnvironmentState, user: string): ReadonlySet<string> {
  return new Set([...env.memberships.by("user", user), ...env.assignments.by("user", user)].map((row) => row.tenant));
}

/** The users that belong to a tenant, in the order in which they came to be. */
export function usersOf(env: EnvironmentState, tenant: string): readonly UserRow[] {
  const rows = [...env.memberships.by("tenant", tenant), ...env.assignments.by("tenant", tenant)];
  const users = new Set(rows.map((row) => row.user));
  return [...env.users].filter(({ key }) => users.has(key));
}

/** Adds a user to a tenant without giving it a role; nothing happens when it belongs there. */
export function addToTenant(env: EnvironmentState, user: UserRow, tenant: TenantRow): void {
  const membership = { user: user.key, tenant: tenant.key };
  if (env.memberships.byKey(membershipKey(membership)) !== undefined) return;
  env.memberships.put({ ...newStamp(env), ...membership });
}

/** Takes a user out of a tenant, with its roles there. Throws 404 when it does not belong there. */
export function removeFromTenant(env: EnvironmentState, user: UserRow, tenant: TenantRow): void {
  if (!tenantsOf(env, user.key).has(tenant.key)) throw notFound(`User of tenant '${tenant.key}'`, user.key);
  for (const assignment of env.assignments.by("user", user.key)) {
    if (assignment.tenant === tenant.key) env.assignments.delete(assignment.id);
  }
  const membership = env.memberships.byKey(membershipKey({ user: user.key, tenant: tenant.key }));
  if (membership !== undefined) env.memberships.delete(membership.id);
}
