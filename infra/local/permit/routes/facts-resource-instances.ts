import type { FastifyInstance, FastifyRequest } from "fastify";
import {
  createInstance,
  deleteInstance,
  findInstance,
  instanceCreateSchema,
  instanceUpdateSchema,
  readInstance,
  readInstanceDetailed,
  updateInstance,
  upsertInstance,
} from "../facts/resource-instances.ts";
import { changeEach, identsOf, operationsOf } from "../http/bulk.ts";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { paginated, parseFlag, parseMany, parsePage, parseText } from "../http/request-query.ts";
import type { Store } from "../storage/store.ts";

const bulkMax = 3_000;
const readInstances = operationsOf(instanceCreateSchema, bulkMax);
const readIdents = identsOf(bulkMax);

const facts = "/v2/facts/:project/:environment";

/** Resource instances, singly and in bulk. In paths they are `type:key` or an id. */
export function registerResourceInstances(app: FastifyInstance, store: Store): void {
  const all = `${facts}/resource_instances`;
  const one = `${all}/:instance`;

  const list = (request: FastifyRequest, read: typeof readInstance) => {
    const env = environmentOf(store, request);
    const tenant = parseText(request.query, "tenant");
    const resource = parseText(request.query, "resource");
    const search = parseMany(request.query, "search");
    const tenantKey = tenant === null ? null : (env.tenants.byId(tenant)?.key ?? tenant);
    const resourceKey = resource === null ? null : (env.resources.byId(resource)?.key ?? resource);
    const candidates = resourceKey === null ? [...env.instances] : env.instances.by("resource", resourceKey);
    const rows = candidates.filter(
      (row) =>
        (tenantKey === null || row.tenant === tenantKey) &&
        (search === null || search.some((text) => row.key.toLowerCase().includes(text.toLowerCase()))),
    );
    return paginated(rows, parsePage(request.query), (row) => read(env, row));
  };
  const readAsAsked = (request: FastifyRequest) =>
    parseFlag(request.query, "detailed") ? readInstanceDetailed : readInstance;

  app.get(all, (request) => {
    const result = list(request, readAsAsked(request));
    return parseFlag(request.query, "include_total_count") ? result : result.data;
  });

  app.get(`${all}/detailed`, (request) => list(request, readInstanceDetailed));

  app.post(all, (request) => {
    const input = parseBody(instanceCreateSchema, request.body);
    return change(store, request, (env) => readInstance(env, createInstance(env, input)));
  });

  app.get(one, (request) => {
    const env = environmentOf(store, request);
    return readAsAsked(request)(env, findInstance(env, pathParam(request, "instance")));
  });

  app.patch(one, (request) => {
    const input = parseBody(instanceUpdateSchema, request.body);
    return change(store, request, (env) =>
      readInstance(env, updateInstance(env, findInstance(env, pathParam(request, "instance")), input)),
    );
  });

  app.delete(one, (request, reply) =>
    remove(store, request, reply, (env) => deleteInstance(env, findInstance(env, pathParam(request, "instance")))),
  );

  const bulk = `${facts}/bulk/resource_instances`;
  app.put(bulk, (request) => changeEach(store, request, readInstances, upsertInstance));
  app.delete(bulk, (request) =>
    changeEach(store, request, readIdents, (env, instance) => deleteInstance(env, findInstance(env, instance))),
  );
}
