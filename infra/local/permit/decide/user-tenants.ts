import type { TenantRow } from "../state/rows.ts";
import type { DecisionIndex } from "./decision-index.ts";

/** The tenants in which a user has any role, in the tenant or on an instance of it; none for an unknown user. */
export function userTenants(index: DecisionIndex, user: string): readonly TenantRow[] {
  const grants = index.facts.users.get(user)?.grants.keys() ?? [];
  const keys = new Set([...grants].map(({ tenant }) => tenant));
  return [...keys].flatMap((key) => index.tenants.get(key) ?? []);
}

/** Where a question about all tenants is asked: a user's own or, of a user who is only known by the query, all. */
export function askedTenants(index: DecisionIndex, user: string): readonly TenantRow[] {
  const synced = (index.facts.users.get(user)?.row ?? null) !== null;
  return synced ? userTenants(index, user) : [...index.tenants.values()];
}
