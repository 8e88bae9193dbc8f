import type { FastifyInstance } from "fastify";
import {
  authenticate,
  covers,
  findProject,
  requireAccess,
  requireOrganization,
  requireProject,
} from "../http/access.ts";
import { pathParam } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { parsePage, slice } from "../http/request-query.ts";
import {
  createProject,
  deleteProject,
  projectCreateSchema,
  projectUpdateSchema,
  readProject,
  updateProject,
} from "../organization/projects.ts";
import type { Store } from "../storage/store.ts";

/** Projects. Making and deleting them is the organization's. */
export function registerProjects(app: FastifyInstance, store: Store): void {
  const all = "/v2/projects";
  const one = `${all}/:project`;

  app.get(all, (request) => {
    const principal = authenticate(store, request.headers.authorization);
    const own = [...store.organization.projects].filter(({ id }) =>
      covers({ ...principal, environmentId: null }, id, null),
    );
    return slice(own, parsePage(request.query)).map((row) => readProject(store, row));
  });

  app.post(all, (request) => {
    requireOrganization(authenticate(store, request.headers.authorization));
    const input = parseBody(projectCreateSchema, request.body);
    return store.write(() => readProject(store, createProject(store, input)));
  });

  app.get(one, (request) => {
    const principal = authenticate(store, request.headers.authorization);
    return readProject(store, findProject(store, principal, pathParam(request, "project")));
  });

  app.patch(one, (request) => {
    const principal = authenticate(store, request.headers.authorization);
    requireProject(principal);
    const input = parseBody(projectUpdateSchema, request.body);
    return store.write(() =>
      readProject(store, updateProject(store, findProject(store, principal, pathParam(request, "project")), input)),
    );
  });

  app.delete(one, async (request, reply) => {
    const principal = authenticate(store, request.headers.authorization);
    requireOrganization(principal);
    requireAccess(principal, "admin");
    await store.write(() => deleteProject(store, findProject(store, principal, pathParam(request, "project"))));
    return reply.code(204).send();
  });
}
