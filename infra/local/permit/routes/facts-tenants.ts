import type { FastifyInstance } from "fastify";
import { findTenant } from "../facts/find-tenant.ts";
import {
  createTenant,
  deleteTenant,
  readTenant,
  tenantCreateSchema,
  tenantUpdateSchema,
  updateTenant,
} from "../facts/tenants.ts";
import { changeEach, identsOf, operationsOf } from "../http/bulk.ts";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { paginated, parseFlag, parsePage, searchNamed } from "../http/request-query.ts";
import type { Store } from "../storage/store.ts";

const bulkMax = 2_000;
const readTenants = operationsOf(tenantCreateSchema, bulkMax);
const readIdents = identsOf(bulkMax);

/** Tenants, singly and in bulk. */
export function registerTenants(app: FastifyInstance, store: Store): void {
  const all = "/v2/facts/:project/:environment/tenants";
  const one = `${all}/:tenant`;

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const result = paginated(searchNamed([...env.tenants], request.query), parsePage(request.query), (row) =>
      readTenant(env, row),
    );
    return parseFlag(request.query, "include_total_count") ? result : result.data;
  });

  app.post(all, (request) => {
    const input = parseBody(tenantCreateSchema, request.body);
    return change(store, request, (env) => readTenant(env, createTenant(env, input)));
  });

  app.get(one, (request) => {
    const env = environmentOf(store, request);
    return readTenant(env, findTenant(env, pathParam(request, "tenant")));
  });

  app.patch(one, (request) => {
    const input = parseBody(tenantUpdateSchema, request.body);
    return change(store, request, (env) =>
      readTenant(env, updateTenant(env, findTenant(env, pathParam(request, "tenant")), input)),
    );
  });

  app.delete(one, (request, reply) =>
    remove(store, request, reply, (env) => deleteTenant(env, findTenant(env, pathParam(request, "tenant")))),
  );

  const bulk = "/v2/facts/:project/:environment/bulk/tenants";
  app.post(bulk, (request) => changeEach(store, request, readTenants, createTenant));
  app.delete(bulk, (request) =>
    changeEach(store, request, readIdents, (env, tenant) => deleteTenant(env, findTenant(env, tenant))),
  );
}
