import type { FastifyInstance, FastifyRequest } from "fastify";
import { authenticate, covers, findEnvironment, findProject, requireAccess, requireProject } from "../http/access.ts";
import { pathParam } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { parsePage, slice } from "../http/request-query.ts";
import { environmentStatistics } from "../organization/environment-statistics.ts";
import {
  createEnvironment,
  deleteEnvironment,
  environmentCreateSchema,
  environmentUpdateSchema,
  readEnvironment,
  updateEnvironment,
} from "../organization/environments.ts";
import { notFound } from "../state/api-error.ts";
import type { EnvironmentRow } from "../state/organization.ts";
import type { Store } from "../storage/store.ts";

/** Environments. Making, changing and deleting them is their project's, never their own key's. */
export function registerEnvironments(app: FastifyInstance, store: Store): void {
  const all = "/v2/projects/:project/envs";
  const one = `${all}/:environment`;
  const named = (request: FastifyRequest): EnvironmentRow =>
    findEnvironment(
      store,
      authenticate(store, request.headers.authorization),
      pathParam(request, "project"),
      pathParam(request, "environment"),
    );
  /** `EnvironmentReadWithEmailConfig`: there is no e-mail configuration here. */
  const read = (row: EnvironmentRow) => ({ ...readEnvironment(store, row), email_configuration: null });

  app.get(all, (request) => {
    const principal = authenticate(store, request.headers.authorization);
    const project = findProject(store, principal, pathParam(request, "project"));
    const visible = store.organization.environments
      .by("project", project.id)
      .filter((row) => covers(principal, row.project_id, row.id));
    return slice(visible, parsePage(request.query)).map(read);
  });

  app.post(all, (request) => {
    const principal = authenticate(store, request.headers.authorization);
    requireProject(principal);
    const project = findProject(store, principal, pathParam(request, "project"));
    const input = parseBody(environmentCreateSchema, request.body);
    return store.write(() => readEnvironment(store, createEnvironment(store, project.id, input)));
  });

  app.get(one, (request) => read(named(request)));

  app.patch(one, (request) => {
    requireProject(authenticate(store, request.headers.authorization));
    const input = parseBody(environmentUpdateSchema, request.body);
    return store.write(() => readEnvironment(store, updateEnvironment(store, named(request), input)));
  });

  app.get(`${one}/stats`, async (request) => {
    const row = named(request);
    const state = store.environment(row.id);
    if (state === undefined) throw notFound("Environment", row.key);
    // A decision point of its own is not registered here: this process is the only one.
    return { ...readEnvironment(store, row), pdp_configs: [], stats: await environmentStatistics(store, state) };
  });

  app.delete(one, async (request, reply) => {
    const principal = authenticate(store, request.headers.authorization);
    requireProject(principal);
    requireAccess(principal, "admin");
    await store.write(() => deleteEnvironment(store, named(request)));
    return reply.code(204).send();
  });
}
