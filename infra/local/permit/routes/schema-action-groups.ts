import type { FastifyInstance, FastifyRequest } from "fastify";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { parsePage, slice } from "../http/request-query.ts";
import {
  actionGroupCreateSchema,
  actionGroupUpdateSchema,
  createActionGroup,
  findActionGroup,
  readActionGroup,
  updateActionGroup,
} from "../schema/action-groups.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { ActionGroupRow } from "../state/rows.ts";
import type { Store } from "../storage/store.ts";
import { resourceOfPath } from "./resource-of-path.ts";

function named(env: EnvironmentState, request: FastifyRequest): ActionGroupRow {
  return findActionGroup(env, resourceOfPath(env, request), pathParam(request, "group"));
}

/** Action groups of a resource type. */
export function registerActionGroups(app: FastifyInstance, store: Store): void {
  const all = "/v2/schema/:project/:environment/resources/:resource/action_groups";
  const one = `${all}/:group`;

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const rows = env.actionGroups.by("resource", resourceOfPath(env, request));
    return slice(rows, parsePage(request.query)).map((row) => readActionGroup(env, row));
  });

  app.post(all, (request) => {
    const input = parseBody(actionGroupCreateSchema, request.body);
    return change(store, request, (env) =>
      readActionGroup(env, createActionGroup(env, resourceOfPath(env, request), input)),
    );
  });

  app.get(one, (request) => {
    const env = environmentOf(store, request);
    return readActionGroup(env, named(env, request));
  });

  app.patch(one, (request) => {
    const input = parseBody(actionGroupUpdateSchema, request.body);
    return change(store, request, (env) => readActionGroup(env, updateActionGroup(env, named(env, request), input)));
  });

  app.delete(one, (request, reply) =>
    remove(store, request, reply, (env) => env.actionGroups.delete(named(env, request).id)),
  );
}
