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
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { paginated, parseFlag, parsePage, parseText } from "../http/request-query.ts";
import type { Store } from "../storage/store.ts";

/** Tenants. */
export function registerTenants(app: FastifyInstance, store: Store): void {
  const all = "/v2/facts/:project/:environment/tenants";
  const one = `${all}/:tenant`;

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const search = parseText(request.query, "search")?.toLowerCase() ?? "";
    const rows = [...env.tenants].filter(
      ({ key, name }) => key.toLowerCase().includes(search) || name.toLowerCase().includes(search),
    );
    const result = paginated(rows, parsePage(request.query), (row) => readTenant(env, row));
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
}
