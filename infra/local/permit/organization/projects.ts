import { z } from "zod";
import { duplicate, notFound } from "../state/api-error.ts";
import { attributesSchema, keySchema, textSchema } from "../state/keys.ts";
import type { ProjectRow } from "../state/organization.ts";
import { given } from "../state/stamp.ts";
import type { Store } from "../storage/store.ts";
import { createEnvironment, deleteEnvironment, environmentCreateSchema } from "./environments.ts";

const optionalParts = {
  description: textSchema,
  settings: attributesSchema.nullish(),
  active_policy_repo_id: z.uuid().nullish(),
};
export const projectCreateSchema = z.strictObject({
  key: keySchema,
  name: z.string(),
  urn_namespace: z
    .string()
    .regex(/[a-z0-9-]{2,}/)
    .nullish(),
  ...optionalParts,
  initial_environments: z.array(environmentCreateSchema).default([
    { key: "dev", name: "Development" },
    { key: "production", name: "Production" },
  ]),
});
export const projectUpdateSchema = z.strictObject({ name: z.string().optional(), ...optionalParts });

/** There are no policy repositories here. Throws 404 when one is named. */
function checkPolicyRepository(id: string | null | undefined): void {
  if (id != null) throw notFound("Policy repository", id);
}

/** Makes a project with its first environments; inside a mutation. Throws 409 for a known key. */
export function createProject(store: Store, input: z.infer<typeof projectCreateSchema>): ProjectRow {
  checkPolicyRepository(input.active_policy_repo_id);
  if (store.organization.projects.byKey(input.key) !== undefined) throw duplicate("Project", input.key);
  const created_at = store.effects.now();
  const row = store.organization.projects.put({
    id: store.effects.newId(),
    key: input.key,
    name: input.name,
    description: input.description ?? null,
    urn_namespace: input.urn_namespace ?? null,
    settings: input.settings ?? null,
    created_at,
    updated_at: created_at,
  });
  for (const environment of input.initial_environments) createEnvironment(store, row.id, environment);
  return row;
}

/** Overwrites the fields that are given. */
export function updateProject(store: Store, row: ProjectRow, change: z.infer<typeof projectUpdateSchema>): ProjectRow {
  checkPolicyRepository(change.active_policy_repo_id);
  return store.organization.projects.put({
    ...row,
    ...given({ name: change.name, description: change.description, settings: change.settings }),
    updated_at: store.effects.now(),
  });
}

/** Removes a project with all of its environments and all keys to it and them. */
export function deleteProject(store: Store, row: ProjectRow): void {
  for (const environment of store.organization.environments.by("project", row.id)) {
    deleteEnvironment(store, environment);
  }
  for (const key of store.organization.apiKeys.by("project", row.id)) store.organization.apiKeys.delete(key.id);
  store.organization.projects.delete(row.id);
}

/** `ProjectRead` of the API description. */
export function readProject(store: Store, row: ProjectRow): object {
  return { ...row, organization_id: store.organizationId, active_policy_repo_id: null };
}
