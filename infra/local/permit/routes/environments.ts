import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { createTenant } from "../facts/tenants.ts";
import { authenticate, findEnvironment, findProject, ownEnvironment, requireOrganization } from "../http/access.ts";
import { pathParam } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { parsePage, slice } from "../http/request-query.ts";
import { duplicate } from "../state/api-error.ts";
import { attributesSchema, keySchema, textSchema } from "../state/keys.ts";
import type { EnvironmentRow } from "../state/organization.ts";
import type { Store } from "../storage/store.ts";

const optionalParts = {
  description: textSchema,
  custom_branch_name: textSchema,
  jwks: attributesSchema.nullish(),
  settings: attributesSchema.nullish(),
};
export const environmentCreateSchema = z.strictObject({ key: keySchema, name: z.string(), ...optionalParts });
const environmentUpdateSchema = z.strictObject({ name: z.string().optional(), ...optionalParts });

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
  apiKeys.put({ id: newId(), secret: newSecret(), environment_id: row.id, created_at });
  createTenant(store.openEnvironment(row), { key: "default", name: "Default Tenant" });
  return row;
}

function deleteEnvironment(store: Store, row: EnvironmentRow): void {
  for (const table of store.environment(row.id)?.tables() ?? []) for (const each of table) table.delete(each.id);
  for (const key of store.organization.apiKeys.by("environment", row.id)) store.organization.apiKeys.delete(key.id);
  store.organization.environments.delete(row.id);
}

function read(store: Store, row: EnvironmentRow): object {
  return { ...row, organization_id: store.organizationId };
}

/** Environments: list, get, create, update, delete with everything in them. */
export function registerEnvironments(app: FastifyInstance, store: Store): void {
  const all = "/v2/projects/:project/envs";
  const one = `${all}/:environment`;

  app.get(all, (request) => {
    const principal = authenticate(store, request.headers.authorization);
    const project = findProject(store, principal, pathParam(request, "project"));
    const own = ownEnvironment(store, principal);
    const visible = store.organization.environments
      .by("project", project.id)
      .filter((row) => own === null || row.id === own.id);
    return slice(visible, parsePage(request.query)).map((row) => ({ ...read(store, row), email_configuration: null }));
  });

  app.post(all, (request) => {
    const principal = authenticate(store, request.headers.authorization);
    requireOrganization(principal);
    const project = findProject(store, principal, pathParam(request, "project"));
    const input = parseBody(environmentCreateSchema, request.body);
    return store.write(() => read(store, createEnvironment(store, project.id, input)));
  });

  app.get(one, (request) => {
    const principal = authenticate(store, request.headers.authorization);
    const row = findEnvironment(store, principal, pathParam(request, "project"), pathParam(request, "environment"));
    return { ...read(store, row), email_configuration: null };
  });

  app.patch(one, (request) => {
    const principal = authenticate(store, request.headers.authorization);
    requireOrganization(principal);
    const row = findEnvironment(store, principal, pathParam(request, "project"), pathParam(request, "environment"));
    const input = parseBody(environmentUpdateSchema, request.body);
    return store.write(() => {
      const updated_at = store.effects.now();
      const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
      return read(store, store.organization.environments.put({ ...row, ...given, updated_at }));
    });
  });

  app.delete(one, async (request, reply) => {
    const principal = authenticate(store, request.headers.authorization);
    requireOrganization(principal);
    const row = findEnvironment(store, principal, pathParam(request, "project"), pathParam(request, "environment"));
    await store.write(() => deleteEnvironment(store, row));
    return reply.code(204).send();
  });
}
