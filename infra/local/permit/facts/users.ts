import { z } from "zod";
import { duplicate } from "../state/api-error.ts";
import { type EnvironmentState, typeOf } from "../state/environment.ts";
import { attributesSchema, textSchema, userKeySchema } from "../state/keys.ts";
import type { AssignmentRow, UserRow } from "../state/rows.ts";
import { given, newStamp, stamped } from "../state/stamp.ts";
import { tenantsOf } from "./memberships.ts";
import { assignRoles } from "./role-assignments.ts";

export const userRoleSchema = z.strictObject({
  role: z.string(),
  tenant: z.string().nullish(),
  resource_instance: z.string().nullish(),
});
export const userUpdateSchema = z.strictObject({
  email: z.email().nullish(),
  first_name: textSchema,
  last_name: textSchema,
  attributes: attributesSchema.nullish(),
});
export const userCreateSchema = userUpdateSchema.extend({
  key: userKeySchema,
  role_assignments: z.array(userRoleSchema).nullish(),
});

type UserCreate = z.infer<typeof userCreateSchema>;

function fields(input: UserCreate): Pick<UserRow, "email" | "first_name" | "last_name" | "attributes"> {
  return {
    email: input.email ?? null,
    first_name: input.first_name ?? null,
    last_name: input.last_name ?? null,
    attributes: input.attributes ?? {},
  };
}

function assignGiven(env: EnvironmentState, user: string, input: UserCreate): void {
  assignRoles(
    env,
    (input.role_assignments ?? []).map((role) => ({ ...role, user })),
  );
}

/** Makes a user with the roles that the call names. Throws 409, and 404 and 400 for the roles. */
export function createUser(env: EnvironmentState, input: UserCreate): UserRow {
  if (env.users.byKey(input.key) !== undefined) throw duplicate("User", input.key);
  const user = env.users.put({ ...newStamp(env), key: input.key, ...fields(input) });
  assignGiven(env, user.key, input);
  return user;
}

/** Makes the user or replaces all of its fields; roles are added, never taken. */
export function upsertUser(
  env: EnvironmentState,
  input: UserCreate,
): { readonly user: UserRow; readonly created: boolean } {
  const known = env.users.byKey(input.key);
  if (known === undefined) return { user: createUser(env, input), created: true };
  const user = env.users.put({ ...known, ...fields(input), updated_at: env.effects.now() });
  assignGiven(env, user.key, input);
  return { user, created: false };
}

/** Overwrites the fields that are given. */
export function updateUser(env: EnvironmentState, row: UserRow, change: z.infer<typeof userUpdateSchema>): UserRow {
  return env.users.put({
    ...row,
    ...given({ email: change.email, first_name: change.first_name, last_name: change.last_name }),
    attributes: change.attributes === undefined ? row.attributes : (change.attributes ?? {}),
    updated_at: env.effects.now(),
  });
}

/** Removes a user with all of its roles: a user made later under the same key starts with none. */
export function deleteUser(env: EnvironmentState, row: UserRow): void {
  for (const membership of env.memberships.by("user", row.key)) env.memberships.delete(membership.id);
  for (const assignment of env.assignments.by("user", row.key)) env.assignments.delete(assignment.id);
  env.users.delete(row.id);
}

function readInstanceRole({ role, resource_instance }: AssignmentRow): object {
  const reference = resource_instance ?? "";
  const resource = typeOf(reference);
  return { role, resource, resource_instance: reference.slice(resource.length + 1) };
}

/** `UserRead` of the API description. Instance roles are left out unless asked for: an agent may have very many. */
export function readUser(env: EnvironmentState, row: UserRow, withInstanceRoles = false): object {
  const assignments = env.assignments.by("user", row.key);
  const onInstances = assignments.filter((assignment) => assignment.resource_instance !== null);
  const inTenant = assignments.filter((assignment) => assignment.resource_instance === null);
  return {
    ...stamped(env, row),
    key: row.key,
    ...{ email: row.email, first_name: row.first_name, last_name: row.last_name, attributes: row.attributes },
    roles: inTenant.map(({ role, tenant }) => ({ role, tenant })),
    associated_tenants: [...tenantsOf(env, row.key)].map((tenant) => ({
      tenant,
      roles: inTenant.filter((assignment) => assignment.tenant === tenant).map(({ role }) => role),
      status: "active",
      resource_instance_roles: withInstanceRoles
        ? onInstances.filter((assignment) => assignment.tenant === tenant).map(readInstanceRole)
        : [],
    })),
  };
}
