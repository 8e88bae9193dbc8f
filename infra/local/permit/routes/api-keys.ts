import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { authenticate, covers, findEnvironment, findProject, type Principal, requireAccess } from "../http/access.ts";
import { pathParam } from "../http/environment-call.ts";
import { parseBody, parseRequest } from "../http/request-body.ts";
import { paginated, parsePage, parseText } from "../http/request-query.ts";
import {
  apiKeyCreateSchema,
  createApiKey,
  deleteApiKey,
  keyLevelOf,
  keyLevelSchema,
  readApiKey,
  readApiKeyWithSecret,
  rotateSecret,
  scopeOf,
} from "../organization/api-keys.ts";
import { forbidden, notFound } from "../state/api-error.ts";
import type { ApiKeyRow } from "../state/organization.ts";
import type { Store } from "../storage/store.ts";

const listSchema = z.object({ object_type: keyLevelSchema.optional() });

/**
 * API keys. A key manages those of its own scope and below. Only keys with access level `admin` see secrets or make
 * keys: otherwise one that may read could fetch one that may write.
 */
export function registerApiKeys(app: FastifyInstance, store: Store): void {
  const all = "/v2/api-key";
  const one = `${all}/:key`;
  const principalOfCall = (request: FastifyRequest) => authenticate(store, request.headers.authorization);
  const named = (request: FastifyRequest, principal: Principal): ApiKeyRow => {
    const id = pathParam(request, "key");
    const row = store.organization.apiKeys.byId(id);
    if (row === undefined || !covers(principal, row.project_id, row.environment_id)) throw notFound("API key", id);
    return row;
  };

  app.get(`${all}/scope`, (request) => {
    const { projectId, environmentId } = principalOfCall(request);
    return { organization_id: store.organizationId, project_id: projectId, environment_id: environmentId };
  });

  app.get(`${all}/:project/:environment`, (request) => {
    const principal = principalOfCall(request);
    const environment = findEnvironment(
      store,
      principal,
      pathParam(request, "project"),
      pathParam(request, "environment"),
    );
    requireAccess(principal, "admin");
    const key = store.organization.apiKeys
      .by("environment", environment.id)
      .find(({ owner_type }) => owner_type === "pdp_config");
    if (key === undefined) throw notFound("API key of environment", environment.key);
    return readApiKeyWithSecret(store, key);
  });

  app.get(all, (request) => {
    const principal = principalOfCall(request);
    const { object_type } = parseRequest(listSchema, request.query, "query");
    const projectIdOrKey = parseText(request.query, "proj_id");
    const project = projectIdOrKey === null ? null : findProject(store, principal, projectIdOrKey).id;
    const rows = [...store.organization.apiKeys].filter(
      (row) =>
        covers(principal, row.project_id, row.environment_id) &&
        (object_type === undefined || keyLevelOf(row) === object_type) &&
        (project === null || row.project_id === project),
    );
    return paginated(rows, parsePage(request.query), (row) => readApiKey(store, row));
  });

  app.post(all, (request) => {
    const principal = principalOfCall(request);
    requireAccess(principal, "admin");
    const input = parseBody(apiKeyCreateSchema, request.body);
    const scope = scopeOf(store, input);
    if (!covers(principal, scope.project_id, scope.environment_id)) {
      throw forbidden("An API key makes keys of its own scope only: this one belongs to a project or an environment.");
    }
    return store.write(() => readApiKeyWithSecret(store, createApiKey(store, input)));
  });

  app.get(one, (request) => readApiKey(store, named(request, principalOfCall(request))));

  app.post(`${one}/rotate-secret`, (request) => {
    const principal = principalOfCall(request);
    requireAccess(principal, "admin");
    return store.write(() => readApiKeyWithSecret(store, rotateSecret(store, named(request, principal))));
  });

  app.delete(one, async (request, reply) => {
    const principal = principalOfCall(request);
    requireAccess(principal, "admin");
    await store.write(() => deleteApiKey(store, named(request, principal)));
    return reply.code(204).send();
  });
}
