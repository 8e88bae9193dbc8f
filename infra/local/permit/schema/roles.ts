import { z } from "zod";
import { duplicate, invalid, notFound } from "../state/api-error.ts";
import { type EnvironmentState, ref, typeOf } from "../state/environment.ts";
import { attributesSchema, firstVersionFields, keySchema, textSchema } from "../state/keys.ts";
import type { RoleRow } from "../state/rows.ts";
import { givenDescription, newStamp, stamped } from "../state/stamp.ts";
import { forgetRole } from "./delete-condition-sets.ts";
import { derivationSchema, readDerivation, setDerivation } from "./derivations.ts";
import { resolvePermissions } from "./permissions.ts";

const names = z.array(z.string());

/** A role inside a resource type's `roles` map. */
export const roleBlockSchema = z.strictObject({
  name: z.string(),
  description: textSchema,
  permissions: names.nullish(),
  attributes: attributesSchema.nullish(),
  extends: names.nullish(),
  granted_to: derivationSchema.nullish(),
  ...firstVersionFields.role,
});
export const roleCreateSchema = roleBlockSchema.extend({ key: keySchema });
export const roleUpdateSchema = roleBlockSchema.extend({ name: z.string().optional() });
/** An operation of a bulk call; without a resource it is about a tenant-level role. */
export const roleBulkSchema = roleCreateSchema.extend({ resource: textSchema });
export const rolePermissionsSchema = z.strictObject({ permissions: names });

type RoleBlock = z.infer<typeof roleBlockSchema>;

/** Finds a role of a type, or with null a tenant-level role, by id or key. Throws 404. */
export function findRole(env: EnvironmentState, resource: string | null, idOrKey: string): RoleRow {
  const byId = env.roles.byId(idOrKey);
  const role = byId?.resource === resource ? byId : env.roles.byKey(ref(resource ?? "", idOrKey));
  if (role === undefined) throw notFound("Role", idOrKey);
  return role;
}

/** Makes a role that can do nothing yet, so that roles of one call may refer to each other. Throws 409. */
export function createBareRole(
  env: EnvironmentState,
  resource: string | null,
  key: string,
  block: Pick<RoleBlock, "name" | "description" | "attributes">,
): RoleRow {
  if (env.roles.byKey(ref(resource ?? "", key)) !== undefined) throw duplicate("Role", key);
  return env.roles.put({
    ...newStamp(env),
    resource,
    key,
    name: block.name,
    description: block.description ?? null,
    permissions: [],
    extends: [],
    attributes: block.attributes ?? null,
    granted_to: null,
  });
}

/** Overwrites the fields that are given. Throws 404 for unknown actions, roles, types and relations. */
export function updateRole(env: EnvironmentState, row: RoleRow, change: z.infer<typeof roleUpdateSchema>): RoleRow {
  const { resource } = row;
  if (resource === null && (change.granted_to ?? null) !== null) {
    throw invalid("Local Permit derives roles of resource types only. Leave out granted_to of a tenant-level role.");
  }
  const updated = env.roles.put({
    ...row,
    ...givenDescription(change),
    permissions:
      change.permissions === undefined ? row.permissions : resolvePermissions(env, resource, change.permissions ?? []),
    extends:
      change.extends === undefined
        ? row.extends
        : [...new Set((change.extends ?? []).map((other) => findRole(env, resource, other).key))],
    updated_at: env.effects.now(),
  });
  if (resource === null || change.granted_to === undefined) return updated;
  return setDerivation(env, updated, resource, change.granted_to);
}

/** Makes a role as a whole. Throws 404 and 409. */
export function createRole(
  env: EnvironmentState,
  resource: string | null,
  input: z.infer<typeof roleCreateSchema>,
): RoleRow {
  const { key, ...block } = input;
  return updateRole(env, createBareRole(env, resource, key, block), block);
}

/** Removes a role with its assignments, the rules that derive from it, and its place in `extends`. */
export function deleteRole(env: EnvironmentState, row: RoleRow): void {
  for (const assignment of env.assignments) {
    const type = assignment.resource_instance === null ? null : typeOf(assignment.resource_instance);
    if (assignment.role === row.key && type === row.resource) env.assignments.delete(assignment.id);
  }
  for (const role of env.roles) {
    const inherits = role.resource === row.resource && role.extends.includes(row.key);
    const rules = role.granted_to?.rules.filter((r) => r.role !== row.key || r.on_resource !== row.resource) ?? [];
    const derives = rules.length < (role.granted_to?.rules.length ?? 0);
    if (!inherits && !derives) continue;
    env.roles.put({
      ...role,
      extends: inherits ? role.extends.filter((other) => other !== row.key) : role.extends,
      granted_to: role.granted_to === null ? null : { ...role.granted_to, rules },
    });
  }
  forgetRole(env, row);
  env.roles.delete(row.id);
}

/** Gives a role exactly what the block says. */
export function replaceRole(env: EnvironmentState, row: RoleRow, block: RoleBlock): RoleRow {
  return updateRole(env, row, {
    name: block.name,
    description: block.description ?? null,
    attributes: block.attributes ?? null,
    permissions: block.permissions ?? [],
    extends: block.extends ?? [],
    granted_to: block.granted_to ?? null,
  });
}

/** Makes `blocks` the whole set of a type's roles. A role that stays gets exactly what its block says. */
export function replaceRoles(env: EnvironmentState, resource: string, blocks: ReadonlyMap<string, RoleBlock>): void {
  for (const row of env.roles.by("resource", resource)) if (!blocks.has(row.key)) deleteRole(env, row);
  for (const [key, block] of blocks) {
    if (env.roles.byKey(ref(resource, key)) === undefined) createBareRole(env, resource, key, block);
  }
  for (const [key, block] of blocks) replaceRole(env, findRole(env, resource, key), block);
}

/** `ResourceRoleRead`, or `RoleRead` for a tenant-level role. */
export function readRole(env: EnvironmentState, row: RoleRow): object {
  return {
    ...stamped(env, row),
    key: row.key,
    name: row.name,
    description: row.description,
    permissions: row.permissions,
    extends: row.extends,
    attributes: row.attributes,
    granted_to: row.resource === null ? null : readDerivation(env, row.resource, row.granted_to),
    ...(row.resource === null ? {} : { resource: row.resource, resource_id: env.resources.byKey(row.resource)?.id }),
  };
}
