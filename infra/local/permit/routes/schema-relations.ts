import type { FastifyInstance, FastifyRequest } from "fastify";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { paginated, parsePage } from "../http/request-query.ts";
import {
  createRelation,
  deleteRelation,
  findRelation,
  readRelation,
  relationCreateSchema,
} from "../schema/relations.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { RelationRow } from "../state/rows.ts";
import type { Store } from "../storage/store.ts";
import { resourceOfPath } from "./resource-of-path.ts";

function named(env: EnvironmentState, request: FastifyRequest): RelationRow {
  return findRelation(env, resourceOfPath(env, request), pathParam(request, "relation"));
}

/** Relations, on the type of their objects. The list is always a page with a total, unlike its neighbours. */
export function registerRelations(app: FastifyInstance, store: Store): void {
  const all = "/v2/schema/:project/:environment/resources/:resource/relations";
  const one = `${all}/:relation`;

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const rows = env.relations.by("resource", resourceOfPath(env, request));
    return paginated(rows, parsePage(request.query), (row) => readRelation(env, row));
  });

  app.post(all, (request) => {
    const input = parseBody(relationCreateSchema, request.body);
    return change(store, request, (env) => readRelation(env, createRelation(env, resourceOfPath(env, request), input)));
  });

  app.get(one, (request) => {
    const env = environmentOf(store, request);
    return readRelation(env, named(env, request));
  });

  app.delete(one, (request, reply) => remove(store, request, reply, (env) => deleteRelation(env, named(env, request))));
}
