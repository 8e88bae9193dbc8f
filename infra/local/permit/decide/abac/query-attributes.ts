import { ref } from "../../state/references.ts";
import type { Attributes, UserRow } from "../../state/rows.ts";
import type { DecisionIndex } from "../decision-index.ts";
import type { DecisionQuery } from "../decision-query.ts";
import type { SetInput } from "./abac-index.ts";
import { type AttributeScope, mergeAttributes, type Spend } from "./attributes.ts";

const none: Attributes = {};

/** Keys of the roles that a user has in the tenant of the query, and of the tenants where they have any. */
function placesOf(
  index: DecisionIndex,
  query: DecisionQuery,
): { roles: ReadonlySet<string>; tenants: ReadonlySet<string> } {
  const roles = new Set<string>();
  const tenants = new Set<string>();
  for (const [row, instance] of index.facts.users.get(query.user)?.grants ?? []) {
    tenants.add(row.tenant);
    if (instance === null && row.tenant === query.tenant) roles.add(row.role);
  }
  return { roles, tenants };
}

/**
 * The attributes of a query. For each attribute what the query says goes before what is stored, and that before
 * what follows from the facts (roles, tenants, keys): the order of Permit's generated policy. Stored attributes of the
 * tenant count for its members only, those of an instance in its own tenant only.
 */
export function queryAttributes(index: DecisionIndex, query: DecisionQuery): AttributeScope {
  const { user, type, key, tenant } = query;
  const stored = index.facts.users.get(user)?.row ?? null;
  const { roles, tenants } = placesOf(index, query);
  const ownTenant = tenant === undefined ? undefined : index.tenants.get(tenant);
  const isMember = tenant !== undefined && tenants.has(tenant);
  return {
    user: mergeAttributes(
      { key: user, ...personal(stored), roles: [...roles], tenants: [...tenants] },
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

/** The conditions of a decision look at more than they may. */
export class TooMuchToCompare extends Error {}

/** Values and hundreds of characters; some tenths of a second. Attributes may be as long as a request. */
const spendMax = 1_000_000;

function newBudget(): Spend {
  let spent = 0;
  return (count) => {
    spent += count;
    if (spent > spendMax) throw new TooMuchToCompare();
  };
}

/** What membership of condition sets is decided on. */
export function setInput(index: DecisionIndex, query: DecisionQuery): SetInput {
  return {
    attributes: queryAttributes(index, query),
    stored: (type, key) => storedAttributes(index, query, type, key),
    roles: placesOf(index, query).roles,
    resourceType: query.type,
    spend: newBudget(),
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

function personal(row: UserRow | null): Attributes {
  if (row === null) return none;
  const { email, first_name, last_name } = row;
  return {
    ...(email === null ? none : { email }),
    ...(first_name === null ? none : { first_name }),
    ...(last_name === null ? none : { last_name }),
  };
}
