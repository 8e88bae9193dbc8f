import type { FastifyInstance } from "fastify";
import { createSetRule, deleteSetRule, listSetRules, readSetRule, setRuleSchema } from "../facts/set-rules.ts";
import { change, environmentOf, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { parsePage, parseText, slice } from "../http/request-query.ts";
import type { Store } from "../storage/store.ts";

/** Which user set may do what on which resource set. */
export function registerSetRules(app: FastifyInstance, store: Store): void {
  const all = "/v2/facts/:project/:environment/set_rules";

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const { query } = request;
    const rows = listSetRules(env, {
      user_set: parseText(query, "user_set"),
      permission: parseText(query, "permission"),
      resource_set: parseText(query, "resource_set"),
    });
    return slice(rows, parsePage(query)).map((row) => readSetRule(env, row));
  });
  // A list of one: so the API describes it.
  app.post(all, (request) => {
    const input = parseBody(setRuleSchema, request.body);
    return change(store, request, (env) => [readSetRule(env, createSetRule(env, input))]);
  });
  app.delete(all, (request, reply) => {
    const input = parseBody(setRuleSchema, request.body);
    return remove(store, request, reply, (env) => deleteSetRule(env, input));
  });
}
