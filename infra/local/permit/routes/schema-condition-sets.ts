import type { FastifyInstance, FastifyRequest } from "fastify";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody, parseRequest } from "../http/request-body.ts";
import { paginated, parseFlag, parsePage, parseText, slice } from "../http/request-query.ts";
import {
  conditionSetCreateSchema,
  conditionSetTypeSchema,
  conditionSetUpdateSchema,
  createConditionSet,
  descendantsOf,
  readConditionSet,
  updateConditionSet,
} from "../schema/condition-sets.ts";
import { deleteConditionSet } from "../schema/delete-condition-sets.ts";
import { ancestorsOf, findConditionSet } from "../schema/find-condition-set.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { ConditionSetRow } from "../state/rows.ts";
import type { Store } from "../storage/store.ts";

/** User sets and resource sets. */
export function registerConditionSets(app: FastifyInstance, store: Store): void {
  const all = "/v2/schema/:project/:environment/condition_sets";
  const one = `${all}/:set`;
  const named = (env: EnvironmentState, request: FastifyRequest): ConditionSetRow =>
    findConditionSet(env, pathParam(request, "set"));

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const { query } = request;
    const search = parseText(query, "search")?.toLowerCase() ?? "";
    const { type } = parseRequest(conditionSetTypeSchema, query, "query");
    const rows = [...env.conditionSets].filter(
      (set) =>
        (type === undefined || set.type === type) &&
        [set.key, set.name].some((text) => text.toLowerCase().includes(search)),
    );
    const result = paginated(rows, parsePage(query), (row) => readConditionSet(env, row));
    return parseFlag(query, "include_total_count") ? result : result.data;
  });
  app.post(all, (request) => {
    const input = parseBody(conditionSetCreateSchema, request.body);
    return change(store, request, (env) => readConditionSet(env, createConditionSet(env, input)));
  });
  app.get(one, (request) => {
    const env = environmentOf(store, request);
    return readConditionSet(env, named(env, request));
  });
  app.patch(one, (request) => {
    const input = parseBody(conditionSetUpdateSchema, request.body);
    return change(store, request, (env) => readConditionSet(env, updateConditionSet(env, named(env, request), input)));
  });
  app.delete(one, (request, reply) =>
    remove(store, request, reply, (env) => deleteConditionSet(env, named(env, request))),
  );
  for (const [path, relatives] of Object.entries({ ancestors: ancestorsOf, descendants: descendantsOf })) {
    app.get(`${one}/${path}`, (request) => {
      const env = environmentOf(store, request);
      const rows = relatives(env, named(env, request));
      return slice(rows, parsePage(request.query)).map((row) => readConditionSet(env, row));
    });
  }
}
