import type { FastifyInstance, FastifyRequest } from "fastify";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { parsePage, slice } from "../http/request-query.ts";
import {
  actionCreateSchema,
  actionUpdateSchema,
  createAction,
  deleteAction,
  findAction,
  readAction,
  updateAction,
} from "../schema/actions.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { ActionRow } from "../state/rows.ts";
import type { Store } from "../storage/store.ts";
import { resourceOfPath } from "./resource-of-path.ts";

function named(env: EnvironmentState, request: FastifyRequest): ActionRow {
  return findAction(env, resourceOfPath(env, request), pathParam(request, "action"));
}

/** Actions of a resource type. */
export function registerActions(app: FastifyInstance, store: Store): void {
  const all = "/v2/schema/:project/:environment/resources/:resource/actions";
  const one = `${all}/:action`;

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const rows = env.actions.by("resource", resourceOfPath(env, request));
    return slice(rows, parsePage(request.query)).map((row) => readAction(env, row));
  });

  app.post(all, (request) => {
    const { key, ...block } = parseBody(actionCreateSchema, request.body);
    return change(store, request, (env) =>
      readAction(env, createAction(env, resourceOfPath(env, request), key, block)),
    );
  });

  app.get(one, (request) => {
    const env = environmentOf(store, request);
    return readAction(env, named(env, request));
  });

  app.patch(one, (request) => {
    const input = parseBody(actionUpdateSchema, request.body);
    return change(store, request, (env) => readAction(env, updateAction(env, named(env, request), input)));
  });

  app.delete(one, (request, reply) => remove(store, request, reply, (env) => deleteAction(env, named(env, request))));
}
