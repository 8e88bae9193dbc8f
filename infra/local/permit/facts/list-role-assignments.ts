import { type EnvironmentState, ref, typeOf } from "../state/environment.ts";
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

/** The rows of one index group, where the filters name one, else all: those of several would not be in order. */
function candidates(
  env: EnvironmentState,
  users: ReadonlySet<string> | null,
  instances: ReadonlySet<string> | null,
): readonly AssignmentRow[] {
  const [user, ...otherUsers] = users ?? [];
  if (user !== undefined && otherUsers.length === 0) return env.assignments.by("user", user);
  const [instance, ...otherInstances] = instances ?? [];
  if (instance !== undefined && otherInstances.length === 0) return env.assignments.by("instance", instance);
  return [...env.assignments];
}

/** Id of an assigned role. It names that role alone, where the key also names those of other types. */
export function roleId(env: EnvironmentState, role: string, instance: string | null): string {
  return env.roles.byKey(ref(instance === null ? "" : typeOf(instance), role))?.id ?? "";
}

/** The role assignments that fit every filter, oldest first. An unknown key fits nothing. */
export function listAssignments(env: EnvironmentState, filter: AssignmentFilter): readonly AssignmentRow[] {
  const users = filter.user && keys(filter.user, (user) => env.users.byId(user));
  const roles = filter.role && new Set(filter.role);
  const tenants = filter.tenant && keys(filter.tenant, (tenant) => env.tenants.byId(tenant));
  const resources = filter.resource && keys(filter.resource, (resource) => env.resources.byId(resource));
  const instances =
    filter.resource_instance &&
    keys(filter.resource_instance, (id) => {
      const instance = env.instances.byId(id);
      return instance && { key: `${instance.resource}:${instance.key}` };
    });
  return candidates(env, users, instances).filter(({ user, role, tenant, resource_instance }) => {
    if (users !== null && !users.has(user)) return false;
    if (roles !== null && !roles.has(role) && !roles.has(roleId(env, role, resource_instance))) return false;
    if (tenants !== null && !tenants.has(tenant)) return false;
    if (instances !== null && (resource_instance === null || !instances.has(resource_instance))) return false;
    return resources === null || (resource_instance !== null && resources.has(typeOf(resource_instance)));
  });
}
