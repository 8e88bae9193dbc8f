import type { FastifyInstance } from "fastify";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { paginated, parseFlag, parsePage, searchNamed } from "../http/request-query.ts";
import { builtInTypes, findAnyResource, findResource } from "../schema/find-resource.ts";
import {
  createResource,
  deleteResource,
  readResource,
  resourceCreateSchema,
  resourceReplaceSchema,
  resourceUpdateSchema,
  updateResource,
} from "../schema/resources.ts";
import type { Store } from "../storage/store.ts";

/** Resource types. */
export function registerResources(app: FastifyInstance, store: Store): void {
  const all = "/v2/schema/:project/:environment/resources";
  const one = `${all}/:resource`;

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const withBuiltIn = parseFlag(request.query, "include_built_in");
    const rows = [...env.resources].filter(({ key }) => withBuiltIn || !builtInTypes.has(key));
    const result = paginated(searchNamed(rows, request.query), parsePage(request.query), (row) =>
      readResource(env, row),
    );
    return parseFlag(request.query, "include_total_count") ? result : result.data;
  });

  app.post(all, (request) => {
    const input = parseBody(resourceCreateSchema, request.body);
    return change(store, request, (env) => readResource(env, createResource(env, input)));
  });

  app.get(one, (request) => {
    const env = environmentOf(store, request);
    return readResource(env, findAnyResource(env, pathParam(request, "resource")));
  });

  app.put(one, (request) => {
    const input = parseBody(resourceReplaceSchema, request.body);
    return change(store, request, (env) =>
      readResource(env, updateResource(env, findResource(env, pathParam(request, "resource")), input)),
    );
  });

  app.patch(one, (request) => {
    const input = parseBody(resourceUpdateSchema, request.body);
    return change(store, request, (env) =>
      readResource(env, updateResource(env, findResource(env, pathParam(request, "resource")), input)),
    );
  });

  app.delete(one, (request, reply) =>
    remove(store, request, reply, (env) => deleteResource(env, findResource(env, pathParam(request, "resource")))),
  );
}
