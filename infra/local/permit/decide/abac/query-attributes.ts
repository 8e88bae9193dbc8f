import { ref } from "../../state/references.ts";
import type { Attributes } from "../../state/rows.ts";
import type { DecisionIndex } from "../decision-index.ts";
import type { DecisionQuery } from "../decision-query.ts";
import type { SetInput } from "./abac-index.ts";
import { type AttributeScope, mergeAttributes } from "./attributes.ts";

const none: Attributes = {};

/** Keys of the roles that a user has in a tenant. */
function rolesIn(index: DecisionIndex, query: DecisionQuery): ReadonlySet<string> {
  const roles = new Set<string>();
  for (const [{ role, tenant }, instance] of index.facts.users.get(query.user)?.grants ?? []) {
    if (instance === null && tenant === query.tenant) roles.add(role);
  }
  return roles;
}

function tenantsOf(index: DecisionIndex, user: string): readonly string[] {
  const tenants = [...(index.facts.users.get(user)?.grants.keys() ?? [])].map(({ tenant }) => tenant);
  return [...new Set(tenants)];
}

/**
 * The attributes of a query. For each attribute what the query says goes before what is stored, and that before
 * what follows from the facts (roles, tenants, keys): the order of Permit's generated policy. Stored attributes of the
 * tenant count for its members only, those of an instance in its own tenant only.
 */
export function queryAttributes(index: DecisionIndex, query: DecisionQuery): AttributeScope {
  const { user, type, key, tenant } = query;
  const stored = index.facts.users.get(user)?.row ?? null;
  const tenants = tenantsOf(index, user);
  const ownTenant = tenant === undefined ? undefined : index.tenants.get(tenant);
  const isMember = tenant !== undefined && tenants.includes(tenant);
  return {
    user: mergeAttributes(
      { key: user, ...personal(stored), roles: [...rolesIn(index, query)], tenants },
      stored?.attributes ?? none,
      query.userAttributes,
    ),
    resource: mergeAttributes(
      { type, ...(key === undefined ? {} : { key }), ...(tenant === undefined ? {} : { tenant }) },
      (key === undefined ? undefined : storedAttributes(index, query, type, key)) ?? none,
      query.resourceAttributes,
    ),
    tenant: mergeAttributes(
      ownTenant === undefined ? {} : { key: ownTenant.key, name: ownTenant.name },
      (isMember ? ownTenant?.attributes : null) ?? none,
    ),
    context: query.context,
  };
}

/** What membership of condition sets is decided on. */
export function setInput(index: DecisionIndex, query: DecisionQuery): SetInput {
  return {
    attributes: queryAttributes(index, query),
    stored: (type, key) => storedAttributes(index, query, type, key),
    roles: rolesIn(index, query),
    resourceType: query.type,
  };
}

function storedAttributes(
  index: DecisionIndex,
  { tenant }: DecisionQuery,
  type: string,
  key: string,
): Attributes | undefined {
  const row = index.facts.instances.get(ref(type, key))?.row ?? null;
  return row === null || row.tenant !== tenant ? undefined : row.attributes;
}

function personal(
  row: { email: string | null; first_name: string | null; last_name: string | null } | null,
): Attributes {
  if (row === null) return none;
  const { email, first_name, last_name } = row;
  return Object.fromEntries(Object.entries({ email, first_name, last_name }).filter(([, value]) => value !== null));
}
