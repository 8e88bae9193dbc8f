import { z } from "zod";
import { duplicate } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import { attributesSchema, keySchema, textSchema } from "../state/keys.ts";
import type { TenantRow } from "../state/rows.ts";
import { givenDescription, newStamp, stamped } from "../state/stamp.ts";
import { deleteInstance } from "./resource-instances.ts";

export const tenantCreateSchema = z.strictObject({
  key: keySchema,
  name: z.string(),
  description: textSchema,
  attributes: attributesSchema.nullish(),
});
export const tenantUpdateSchema = z.strictObject({
  name: z.string().optional(),
  description: textSchema,
  attributes: attributesSchema.nullish(),
});

/** Throws 409: Permit answers so, although its API description promises the existing tenant. */
export function createTenant(env: EnvironmentState, input: z.infer<typeof tenantCreateSchema>): TenantRow {
  if (env.tenants.byKey(input.key) !== undefined) throw duplicate("Tenant", input.key);
  return env.tenants.put({
    ...newStamp(env),
    key: input.key,
    name: input.name,
    description: input.description ?? null,
    attributes: input.attributes ?? null,
  });
}

/** Overwrites the fields that are given. */
export function updateTenant(
  env: EnvironmentState,
  row: TenantRow,
  change: z.infer<typeof tenantUpdateSchema>,
): TenantRow {
  return env.tenants.put({
    ...row,
    ...givenDescription(change),
    updated_at: env.effects.now(),
  });
}

/** Removes a tenant with its instances and role assignments. */
export function deleteTenant(env: EnvironmentState, row: TenantRow): void {
  for (const instance of env.instances.by("tenant", row.key)) deleteInstance(env, instance);
  for (const assignment of env.assignments.by("tenant", row.key)) env.assignments.delete(assignment.id);
  for (const membership of env.memberships.by("tenant", row.key)) env.memberships.delete(membership.id);
  env.tenants.delete(row.id);
}

/** `TenantRead` of the API description. */
export function readTenant(env: EnvironmentState, row: TenantRow): object {
  return {
    ...stamped(env, row),
    key: row.key,
    name: row.name,
    description: row.description,
    attributes: row.attributes,
    last_action_at: row.updated_at,
  };
}
