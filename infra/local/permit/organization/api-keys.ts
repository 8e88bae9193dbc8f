import { z } from "zod";
import { invalid, notFound } from "../state/api-error.ts";
import { textSchema } from "../state/keys.ts";
import { type ApiKeyRow, accessLevels, startKeyOf } from "../state/organization.ts";
import type { Store } from "../storage/store.ts";
import { readEnvironment } from "./environments.ts";
import { readProject } from "./projects.ts";

export const keyLevelSchema = z.enum(["org", "project", "env"]);
export const apiKeyCreateSchema = z.strictObject({
  organization_id: z.uuid(),
  project_id: z.uuid().nullish(),
  environment_id: z.uuid().nullish(),
  object_type: keyLevelSchema.default("env"),
  access_level: z.enum(accessLevels).default("admin"),
  owner_type: z.enum(["pdp_config", "member", "elements"]).default("member"),
  name: textSchema,
});

type ApiKeyCreate = z.infer<typeof apiKeyCreateSchema>;

/** What a key opens, in Permit's words. */
export function keyLevelOf(row: Pick<ApiKeyRow, "project_id" | "environment_id">): z.infer<typeof keyLevelSchema> {
  if (row.environment_id !== null) return "env";
  return row.project_id === null ? "org" : "project";
}

type Scope = Pick<ApiKeyRow, "project_id" | "environment_id">;

/** The scope that a call names, with the project of its environment; nothing says yet that it exists. */
export function scopeOf(store: Store, { project_id, environment_id }: ApiKeyCreate): Scope {
  const environment = store.organization.environments.byId(environment_id ?? "");
  return { project_id: project_id ?? environment?.project_id ?? null, environment_id: environment_id ?? null };
}

/**
 * Throws 404 for what does not exist, and 400 when `object_type` and the ids contradict each other: a key for more than
 * was meant would be worse than none.
 */
function checkScope(store: Store, { project_id, environment_id }: Scope, input: ApiKeyCreate): void {
  const { projects, environments } = store.organization;
  if (input.organization_id !== store.organizationId) throw notFound("Organization", input.organization_id);
  if (project_id !== null && projects.byId(project_id) === undefined) throw notFound("Project", project_id);
  if (
    environment_id !== null &&
    (project_id === null || environments.byId(environment_id)?.project_id !== project_id)
  ) {
    throw notFound("Environment", environment_id);
  }
  if (keyLevelOf({ project_id, environment_id }) === input.object_type) return;
  throw invalid(
    "object_type does not fit the ids: 'env' needs an environment_id, 'project' a project_id only, 'org' neither.",
  );
}

/** Makes a key for the scope that the call names. Throws 404 and 400. */
export function createApiKey(store: Store, input: ApiKeyCreate): ApiKeyRow {
  const scope = scopeOf(store, input);
  checkScope(store, scope, input);
  const { newId, newSecret, now } = store.effects;
  return store.organization.apiKeys.put({
    id: newId(),
    secret: newSecret(),
    name: input.name ?? null,
    ...scope,
    access_level: input.access_level,
    owner_type: input.owner_type,
    created_at: now(),
  });
}

/** Gives a key another secret; the one before is worth nothing from then on. */
export function rotateSecret(store: Store, row: ApiKeyRow): ApiKeyRow {
  return store.organization.apiKeys.put({ ...row, secret: store.effects.newSecret() });
}

/** Throws 400 for the key that this local Permit was started with: without it nobody could make another. */
export function deleteApiKey(store: Store, row: ApiKeyRow): void {
  if (row.id === startKeyOf(store.organization)?.id) {
    throw invalid("This is the key that local Permit was started with. It can be rotated, not deleted.");
  }
  store.organization.apiKeys.delete(row.id);
}

/** `APIKeyRead` of the API description, without the secret. */
export function readApiKey(store: Store, row: ApiKeyRow): object {
  const project = row.project_id === null ? undefined : store.organization.projects.byId(row.project_id);
  const env = row.environment_id === null ? undefined : store.organization.environments.byId(row.environment_id);
  return {
    id: row.id,
    organization_id: store.organizationId,
    project_id: row.project_id,
    environment_id: row.environment_id,
    object_type: keyLevelOf(row),
    access_level: row.access_level,
    owner_type: row.owner_type,
    name: row.name,
    created_at: row.created_at,
    last_used_at: null,
    project: project === undefined ? null : readProject(store, project),
    env: env === undefined ? null : readEnvironment(store, env),
  };
}

/** `APIKeyRead` with the secret. */
export function readApiKeyWithSecret(store: Store, row: ApiKeyRow): object {
  return { ...readApiKey(store, row), secret: row.secret };
}
