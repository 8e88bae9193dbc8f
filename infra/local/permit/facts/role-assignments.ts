import { z } from "zod";
import { findRole } from "../schema/roles.ts";
import { duplicate, invalid, notFound } from "../state/api-error.ts";
import { assignmentKey, type EnvironmentState, ref } from "../state/environment.ts";
import type { AssignmentRow } from "../state/rows.ts";
import { findTenant } from "./find-tenant.ts";
import { findUser } from "./find-user.ts";
import { checkTenant, findInstance, findOrCreateInstance } from "./resource-instances.ts";

export const assignmentCreateSchema = z.strictObject({
  user: z.string(),
  role: z.string(),
  tenant: z.string().nullish(),
  resource_instance: z.string().nullish(),
});
export const assignmentRemoveSchema = assignmentCreateSchema.extend({ tenant: z.string() });

type AssignmentInput = z.infer<typeof assignmentCreateSchema>;
type AssignmentKey = Pick<AssignmentRow, "user" | "role" | "tenant" | "resource_instance">;

function resolve(env: EnvironmentState, input: AssignmentInput, mayCreateInstance: boolean): AssignmentKey {
  const user = findUser(env, input.user).key;
  const tenant = input.tenant ?? undefined;
  const tenantKey = tenant === undefined ? undefined : findTenant(env, tenant).key;
  const named = input.resource_instance ?? undefined;
  if (named === undefined) {
    if (tenantKey === undefined) throw invalid("A role without resource_instance needs a tenant.");
    return { user, role: findRole(env, null, input.role).key, tenant: tenantKey, resource_instance: null };
  }
  const instance = mayCreateInstance ? findOrCreateInstance(env, named, tenantKey) : findInstance(env, named);
  if (tenantKey !== undefined) checkTenant(instance, tenantKey);
  const role = findRole(env, instance.resource, input.role).key;
  return { user, role, tenant: instance.tenant, resource_instance: ref(instance.resource, instance.key) };
}

/** Gives a user a role. Throws 404 for what does not exist, 400 for the wrong tenant, 409 when the user has it. */
export function assignRole(env: EnvironmentState, input: AssignmentInput): AssignmentRow {
  const key = resolve(env, input, true);
  if (env.assignments.byKey(assignmentKey(key)) !== undefined) {
    throw duplicate("Role assignment", assignmentKey(key).trimEnd());
  }
  return env.assignments.put({ id: env.effects.newId(), ...key, created_at: env.effects.now() });
}

/** Takes a role from a user and returns what was. Throws 404 when the user does not have it. */
export function unassignRole(env: EnvironmentState, input: AssignmentInput): AssignmentRow {
  const key = assignmentKey(resolve(env, input, false));
  const row = env.assignments.byKey(key);
  if (row === undefined) throw notFound("Role assignment", key.trimEnd());
  env.assignments.delete(row.id);
  return row;
}

/** Gives many roles; those that are given already are skipped. Returns how many are new. Throws as `assignRole`. */
export function assignRoles(env: EnvironmentState, inputs: readonly AssignmentInput[]): number {
  let created = 0;
  for (const input of inputs) {
    if (env.assignments.byKey(assignmentKey(resolve(env, input, true))) !== undefined) continue;
    assignRole(env, input);
    created += 1;
  }
  return created;
}

/** Takes many roles; those that are not given are skipped. Returns how many were. Throws 404 for unknown users or roles. */
export function unassignRoles(env: EnvironmentState, inputs: readonly AssignmentInput[]): number {
  let removed = 0;
  for (const input of inputs) {
    const row = env.assignments.byKey(assignmentKey(resolve(env, input, false)));
    if (row === undefined) continue;
    env.assignments.delete(row.id);
    removed += 1;
  }
  return removed;
}

/** `RoleAssignmentRead` of the API description. */
export function readAssignment(env: EnvironmentState, row: AssignmentRow): object {
  const { resource_instance } = row;
  const instance = resource_instance === null ? undefined : env.instances.byKey(resource_instance);
  return {
    id: row.id,
    ...env.scope,
    created_at: row.created_at,
    user: row.user,
    user_id: env.users.byKey(row.user)?.id,
    role: row.role,
    role_id: env.roles.byKey(ref(instance?.resource ?? "", row.role))?.id,
    tenant: row.tenant,
    tenant_id: env.tenants.byKey(row.tenant)?.id,
    resource_instance,
    resource_instance_id: instance?.id ?? null,
  };
}

/** `RoleAssignmentDetailedRead` of the API description. */
export function readAssignmentDetailed(env: EnvironmentState, row: AssignmentRow): object {
  const instance = row.resource_instance === null ? undefined : env.instances.byKey(row.resource_instance);
  const user = env.users.byKey(row.user);
  const role = env.roles.byKey(ref(instance?.resource ?? "", row.role));
  const tenant = env.tenants.byKey(row.tenant);
  return {
    id: row.id,
    ...env.scope,
    created_at: row.created_at,
    user: {
      id: user?.id,
      key: row.user,
      email: user?.email,
      first_name: user?.first_name,
      last_name: user?.last_name,
      attributes: user?.attributes,
    },
    role: { id: role?.id, key: row.role, name: role?.name, permissions: role?.permissions },
    tenant: { id: tenant?.id, key: row.tenant, name: tenant?.name, attributes: tenant?.attributes },
    resource_instance:
      instance === undefined
        ? null
        : { id: instance.id, key: instance.key, resource: instance.resource, attributes: instance.attributes },
  };
}
