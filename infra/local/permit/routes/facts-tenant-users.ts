import type { FastifyInstance } from "fastify";
import { findTenant } from "../facts/find-tenant.ts";
import { findUser } from "../facts/find-user.ts";
import { filterUsers } from "../facts/list-users.ts";
import { addToTenant, removeFromTenant, usersOf } from "../facts/memberships.ts";
import { readUser, upsertUser, userCreateSchema } from "../facts/users.ts";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { paginated, parseFlag, parsePage, parseText } from "../http/request-query.ts";
import type { Store } from "../storage/store.ts";

/** The users of a tenant: those that were added to it and those that have a role in it. */
export function registerTenantUsers(app: FastifyInstance, store: Store): void {
  const all = "/v2/facts/:project/:environment/tenants/:tenant/users";

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const { query } = request;
    const rows = filterUsers(env, usersOf(env, findTenant(env, pathParam(request, "tenant")).key), {
      search: parseText(query, "search"),
      operator: "contains",
      role: parseText(query, "role"),
    });
    const withInstanceRoles = parseFlag(query, "include_resource_instance_roles");
    return paginated(rows, parsePage(query), (row) => readUser(env, row, withInstanceRoles));
  });

  app.post(all, (request) => {
    const { role_assignments, ...fields } = parseBody(userCreateSchema, request.body);
    return change(store, request, (env) => {
      const tenant = findTenant(env, pathParam(request, "tenant"));
      // A role that names neither a tenant nor an instance is meant for this tenant.
      const roles = role_assignments?.map((role) =>
        role.resource_instance == null ? { ...role, tenant: role.tenant ?? tenant.key } : role,
      );
      const { user } = upsertUser(env, { ...fields, role_assignments: roles });
      addToTenant(env, user, tenant);
      return readUser(env, user);
    });
  });

  app.delete(`${all}/:user`, (request, reply) =>
    remove(store, request, reply, (env) =>
      removeFromTenant(env, findUser(env, pathParam(request, "user")), findTenant(env, pathParam(request, "tenant"))),
    ),
  );
}
