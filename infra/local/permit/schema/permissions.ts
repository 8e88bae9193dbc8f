import { notFound } from "../state/api-error.ts";
import { type EnvironmentState, ref } from "../state/environment.ts";
import type { ActionRow, RoleRow } from "../state/rows.ts";

function findPermission(env: EnvironmentState, resource: string | null, named: string): ActionRow {
  const action =
    env.actions.byId(named) ??
    env.actions.byKey(named.includes(":") || resource === null ? named : ref(resource, named));
  // A role of a type is about that type only: `other:delete` on it would be a way round the type's own roles.
  if (action === undefined || (resource !== null && action.resource !== resource)) throw notFound("Action", named);
  return action;
}

/**
 * The permissions named by action id, `type:action` or, for a role of a type, action key; each once. Throws 404 for an
 * action that does not exist.
 */
export function resolvePermissions(
  env: EnvironmentState,
  resource: string | null,
  named: readonly string[],
): readonly string[] {
  const permissions = named.map((name) => {
    const action = findPermission(env, resource, name);
    return resource === null ? ref(action.resource, action.key) : action.key;
  });
  return [...new Set(permissions)];
}

/** Adds permissions to a role; those it has are skipped. Throws 404. */
export function addPermissions(env: EnvironmentState, role: RoleRow, named: readonly string[]): RoleRow {
  const added = resolvePermissions(env, role.resource, named);
  return env.roles.put({
    ...role,
    permissions: [...new Set([...role.permissions, ...added])],
    updated_at: env.effects.now(),
  });
}

/** Takes permissions from a role; those it lacks are skipped. Throws 404. */
export function removePermissions(env: EnvironmentState, role: RoleRow, named: readonly string[]): RoleRow {
  const removed = new Set(resolvePermissions(env, role.resource, named));
  return env.roles.put({
    ...role,
    permissions: role.permissions.filter((permission) => !removed.has(permission)),
    updated_at: env.effects.now(),
  });
}
