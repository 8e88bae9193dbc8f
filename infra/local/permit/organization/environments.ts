import { z } from "zod";
import { createTenant } from "../facts/tenants.ts";
import { createBuiltInTypes } from "../schema/resources.ts";
import { duplicate } from "../state/api-error.ts";
import { attributesSchema, keySchema, textSchema } from "../state/keys.ts";
import type { EnvironmentRow } from "../state/organization.ts";
import { given } from "../state/stamp.ts";
import type { Store } from "../storage/store.ts";

const jwksSchema = z.strictObject({
  ttl: z.int().default(600),
  url: z
    .string()
    .regex(/^https:\/\/[a-zA-Z0-9\-.]+\.[a-zA-Z]{2,3}(\/\S*)?$/)
    .nullish(),
  jwks: z.strictObject({ keys: z.array(attributesSchema) }).nullish(),
});
const optionalParts = {
  description: textSchema,
  custom_branch_name: textSchema,
  jwks: jwksSchema.nullish(),
  settings: attributesSchema.nullish(),
};
export const environmentCreateSchema = z.strictObject({ key: keySchema, name: z.string(), ...optionalParts });
export const environmentUpdateSchema = z.strictObject({ name: z.string().optional(), ...optionalParts });

/** Makes an environment with its tenant `default` and its own API key; inside a mutation. Throws 409. */
export function createEnvironment(
  store: Store,
  projectId: string,
  input: z.infer<typeof environmentCreateSchema>,
): EnvironmentRow {
  const { environments, apiKeys } = store.organization;
  const { newId, newSecret, now } = store.effects;
  if (environments.byKey(`${projectId} ${input.key}`) !== undefined) throw duplicate("Environment", input.key);
  const created_at = now();
  const row = environments.put({
    id: newId(),
    project_id: projectId,
    key: input.key,
    name: input.name,
    description: input.description ?? null,
    custom_branch_name: input.custom_branch_name ?? null,
    jwks: input.jwks ?? null,
    settings: input.settings ?? null,
    created_at,
    updated_at: created_at,
  });
  apiKeys.put({
    id: newId(),
    secret: newSecret(),
    name: `Key of ${row.key}`,
    project_id: projectId,
    environment_id: row.id,
    access_level: "admin",
    owner_type: "pdp_config",
    created_at,
  });
  const state = store.openEnvironment(row);
  createBuiltInTypes(state);
  createTenant(state, { key: "default", name: "Default Tenant" });
  return row;
}

/** Overwrites the fields that are given. */
export function updateEnvironment(
  store: Store,
  row: EnvironmentRow,
  change: z.infer<typeof environmentUpdateSchema>,
): EnvironmentRow {
  return store.organization.environments.put({
    ...row,
    ...given({
      name: change.name,
      description: change.description,
      custom_branch_name: change.custom_branch_name,
      jwks: change.jwks,
      settings: change.settings,
    }),
    updated_at: store.effects.now(),
  });
}

/** Removes an environment with everything in it and all keys to it. */
export function deleteEnvironment(store: Store, row: EnvironmentRow): void {
  for (const table of store.environment(row.id)?.tables() ?? []) for (const each of table) table.delete(each.id);
  for (const key of store.organization.apiKeys.by("environment", row.id)) store.organization.apiKeys.delete(key.id);
  store.organization.environments.delete(row.id);
}

/** `EnvironmentRead` of the API description. */
export function readEnvironment(store: Store, row: EnvironmentRow): object {
  return { ...row, organization_id: store.organizationId };
}
