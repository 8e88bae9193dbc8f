import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { authenticate, findProject, ownEnvironment, requireOrganization } from "../http/access.ts";
import { pathParam } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { parsePage, slice } from "../http/request-query.ts";
import { duplicate } from "../state/api-error.ts";
import { attributesSchema, keySchema, textSchema } from "../state/keys.ts";
import type { ProjectRow } from "../state/organization.ts";
import type { Store } from "../storage/store.ts";
import { createEnvironment, environmentCreateSchema } from "./environments.ts";

const projectCreateSchema = z.strictObject({
  key: keySchema,
  name: z.string(),
  urn_namespace: z
    .string()
    .regex(/[a-z0-9-]{2,}/)
    .nullish(),
  description: textSchema,
  settings: attributesSchema.nullish(),
  initial_environments: z.array(environmentCreateSchema).default([
    { key: "dev", name: "Development" },
    { key: "production", name: "Production" },
  ]),
});

function read(store: Store, row: ProjectRow): object {
  return { ...row, organization_id: store.organizationId };
}

/** Projects: list, get, create. */
export function registerProjects(app: FastifyInstance, store: Store): void {
  app.get("/v2/projects", (request) => {
    const own = ownEnvironment(store, authenticate(store, request.headers.authorization));
    const visible = [...store.organization.projects].filter((row) => own === null || row.id === own.project_id);
    return slice(visible, parsePage(request.query)).map((row) => read(store, row));
  });

  app.get("/v2/projects/:project", (request) => {
    const principal = authenticate(store, request.headers.authorization);
    return read(store, findProject(store, principal, pathParam(request, "project")));
  });

  app.post("/v2/projects", (request) => {
    requireOrganization(authenticate(store, request.headers.authorization));
    const input = parseBody(projectCreateSchema, request.body);
    return store.write(() => {
      if (store.organization.projects.byKey(input.key) !== undefined) throw duplicate("Project", input.key);
      const now = store.effects.now();
      const row = store.organization.projects.put({
        id: store.effects.newId(),
        key: input.key,
        name: input.name,
        description: input.description ?? null,
        urn_namespace: input.urn_namespace ?? null,
        settings: input.settings ?? null,
        created_at: now,
        updated_at: now,
      });
      for (const environment of input.initial_environments) createEnvironment(store, row.id, environment);
      return read(store, row);
    });
  });
}
