import type { FastifyInstance, FastifyRequest } from "fastify";
import { operationsOf } from "../http/bulk.ts";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { paginated, parseFlag, parsePage, searchNamed } from "../http/request-query.ts";
import { upsertRoles } from "../schema/bulk-roles.ts";
import {
  addRule,
  derivationRuleSchema,
  derivationSettingsSchema,
  readRule,
  removeRule,
  setDerivationSettings,
} from "../schema/derivations.ts";
import { addPermissions, removePermissions } from "../schema/permissions.ts";
import { ancestorsOf, descendantsOf } from "../schema/role-lineage.ts";
import {
  createRole,
  deleteRole,
  findRole,
  readRole,
  roleBulkSchema,
  roleCreateSchema,
  rolePermissionsSchema,
  roleUpdateSchema,
  updateRole,
} from "../schema/roles.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { RoleRow } from "../state/rows.ts";
import type { Store } from "../storage/store.ts";
import { resourceOfPath } from "./resource-of-path.ts";

const environmentPath = "/v2/schema/:project/:environment";

const readRoles = operationsOf(roleBulkSchema, 2_000);

/** The type that the path names; null on the paths of tenant-level roles. */
type TypeOfPath = (env: EnvironmentState, request: FastifyRequest) => string | null;

/** Roles of resource types with their derivations, and tenant-level roles. */
export function registerRoles(app: FastifyInstance, store: Store): void {
  registerCrud(app, store, `${environmentPath}/resources/:resource/roles`, resourceOfPath);
  registerCrud(app, store, `${environmentPath}/roles`, () => null);
  app.put(`${environmentPath}/bulk/roles`, (request) => {
    const operations = readRoles(request);
    return change(store, request, (env) => upsertRoles(env, operations));
  });
  registerImplicitGrants(app, store);
}

function registerCrud(app: FastifyInstance, store: Store, all: string, typeOfPath: TypeOfPath): void {
  const one = `${all}/:role`;
  const named = (env: EnvironmentState, request: FastifyRequest): RoleRow =>
    findRole(env, typeOfPath(env, request), pathParam(request, "role"));

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const type = typeOfPath(env, request);
    const rows = env.roles.by("resource", type ?? "");
    // Only the list of tenant-level roles can be searched and counted.
    const found = type === null ? searchNamed(rows, request.query) : rows;
    const result = paginated(found, parsePage(request.query), (row) => readRole(env, row));
    return type === null && parseFlag(request.query, "include_total_count") ? result : result.data;
  });
  app.post(all, (request) => {
    const input = parseBody(roleCreateSchema, request.body);
    return change(store, request, (env) => readRole(env, createRole(env, typeOfPath(env, request), input)));
  });
  app.get(one, (request) => {
    const env = environmentOf(store, request);
    return readRole(env, named(env, request));
  });
  app.patch(one, (request) => {
    const input = parseBody(roleUpdateSchema, request.body);
    return change(store, request, (env) => readRole(env, updateRole(env, named(env, request), input)));
  });
  app.delete(one, (request, reply) => remove(store, request, reply, (env) => deleteRole(env, named(env, request))));
  app.get(`${one}/ancestors`, (request) => {
    const env = environmentOf(store, request);
    return { roles: ancestorsOf(env, named(env, request)).map((row) => readRole(env, row)) };
  });
  app.get(`${one}/descendants`, (request) => {
    const env = environmentOf(store, request);
    return { roles: descendantsOf(env, named(env, request)).map((row) => readRole(env, row)) };
  });
  app.post(`${one}/permissions`, (request) => {
    const { permissions } = parseBody(rolePermissionsSchema, request.body);
    return change(store, request, (env) => readRole(env, addPermissions(env, named(env, request), permissions)));
  });
  app.delete(`${one}/permissions`, (request) => {
    const { permissions } = parseBody(rolePermissionsSchema, request.body);
    return change(store, request, (env) => readRole(env, removePermissions(env, named(env, request), permissions)));
  });
}

function registerImplicitGrants(app: FastifyInstance, store: Store): void {
  const path = `${environmentPath}/resources/:resource/roles/:role/implicit_grants`;
  const named = (env: EnvironmentState, request: FastifyRequest): readonly [RoleRow, string] => {
    const resource = resourceOfPath(env, request);
    return [findRole(env, resource, pathParam(request, "role")), resource];
  };

  app.post(path, (request) => {
    const input = parseBody(derivationRuleSchema, request.body);
    return change(store, request, (env) => {
      const [role, resource] = named(env, request);
      return readRule(env, resource, addRule(env, role, resource, input));
    });
  });
  app.delete(path, (request, reply) => {
    const input = parseBody(derivationRuleSchema, request.body);
    return remove(store, request, reply, (env) => {
      const [role, resource] = named(env, request);
      removeRule(env, role, resource, input);
    });
  });
  app.put(`${path}/conditions`, (request) => {
    const settings = parseBody(derivationSettingsSchema, request.body);
    return change(store, request, (env) => {
      setDerivationSettings(env, named(env, request)[0], settings);
      return settings;
    });
  });
}
