import type { EnvironmentState } from "../state/environment.ts";
import { typeOf } from "../state/environment.ts";
import type { AssignmentRow } from "../state/rows.ts";

/** Each filter a list of keys or ids of which one must fit; null filters nothing. */
export interface AssignmentFilter {
  readonly user: readonly string[] | null;
  readonly role: readonly string[] | null;
  readonly tenant: readonly string[] | null;
  /** Resource types. */
  readonly resource: readonly string[] | null;
  /** `type:key` or ids. */
  readonly resource_instance: readonly string[] | null;
}

type Named = { readonly key: string } | undefined;

function keys(named: readonly string[], find: (idOrKey: string) => Named): ReadonlySet<string> {
  return new Set(named.map((idOrKey) => find(idOrKey)?.key ?? idOrKey));
}

/** The role assignments that fit every filter, oldest first. An unknown key fits nothing. */
export function listAssignments(env: EnvironmentState, filter: AssignmentFilter): readonly AssignmentRow[] {
  const users = filter.user && keys(filter.user, (user) => env.users.byId(user));
  const roles = filter.role && keys(filter.role, (role) => env.roles.byId(role));
  const tenants = filter.tenant && keys(filter.tenant, (tenant) => env.tenants.byId(tenant));
  const resources = filter.resource && keys(filter.resource, (resource) => env.resources.byId(resource));
  const instances =
    filter.resource_instance &&
    keys(filter.resource_instance, (id) => {
      const instance = env.instances.byId(id);
      return instance && { key: `${instance.resource}:${instance.key}` };
    });
  // By the narrowest index: an environment has many users with few roles each.
  const candidates =
    users !== null
      ? [...users].flatMap((user) => env.assignments.by("user", user))
      : instances !== null
        ? [...instances].flatMap((instance) => env.assignments.by("instance", instance))
        : [...env.assignments];
  return candidates.filter(({ role, tenant, resource_instance }) => {
    if (roles !== null && !roles.has(role)) return false;
    if (tenants !== null && !tenants.has(tenant)) return false;
    if (instances !== null && (resource_instance === null || !instances.has(resource_instance))) return false;
    return resources === null || (resource_instance !== null && resources.has(typeOf(resource_instance)));
  });
}
