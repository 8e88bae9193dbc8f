import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { findUser } from "../facts/find-user.ts";
import { filterUsers, searchOperators } from "../facts/list-users.ts";
import {
  createUser,
  deleteUser,
  readUser,
  updateUser,
  upsertUser,
  userCreateSchema,
  userUpdateSchema,
} from "../facts/users.ts";
import { changeEach, identsOf, operationsOf } from "../http/bulk.ts";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody, parseRequest } from "../http/request-body.ts";
import { paginated, parseFlag, parsePage, parseText } from "../http/request-query.ts";
import { invalid } from "../state/api-error.ts";
import type { Store } from "../storage/store.ts";

const listSchema = z.object({ search_operator: z.enum(searchOperators).default("contains") });
const bulkMax = 3_000;
const readUsers = operationsOf(userCreateSchema, bulkMax);
const readIdents = identsOf(bulkMax);

const facts = "/v2/facts/:project/:environment";

/** Users, singly and in bulk. The list is always a page with a total. */
export function registerUsers(app: FastifyInstance, store: Store): void {
  const all = `${facts}/users`;
  const one = `${all}/:user`;

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const { search_operator } = parseRequest(listSchema, request.query, "query");
    const withInstanceRoles = parseFlag(request.query, "include_resource_instance_roles");
    const rows = filterUsers(env, env.users, {
      search: parseText(request.query, "search"),
      operator: search_operator,
      role: parseText(request.query, "role"),
    });
    return paginated(rows, parsePage(request.query), (row) => readUser(env, row, withInstanceRoles));
  });

  app.post(all, (request) => {
    const input = parseBody(userCreateSchema, request.body);
    return change(store, request, (env) => readUser(env, createUser(env, input)));
  });

  app.get(one, (request) => {
    const env = environmentOf(store, request);
    return readUser(env, findUser(env, pathParam(request, "user")));
  });

  app.put(one, async (request, reply) => {
    const input = parseBody(userCreateSchema, request.body);
    // Otherwise one user could be replaced under the name of another.
    const named =
      environmentOf(store, request).users.byId(pathParam(request, "user"))?.key ?? pathParam(request, "user");
    if (named !== input.key) throw invalid("The user key in the body differs from the one in the path.");
    const { body, created } = await change(store, request, (env) => {
      const upsert = upsertUser(env, input);
      return { body: readUser(env, upsert.user), created: upsert.created };
    });
    return reply.code(created ? 201 : 200).send(body);
  });

  app.patch(one, (request) => {
    const input = parseBody(userUpdateSchema, request.body);
    return change(store, request, (env) =>
      readUser(env, updateUser(env, findUser(env, pathParam(request, "user")), input)),
    );
  });

  app.delete(one, (request, reply) =>
    remove(store, request, reply, (env) => deleteUser(env, findUser(env, pathParam(request, "user")))),
  );

  registerBulk(app, store);
}

function registerBulk(app: FastifyInstance, store: Store): void {
  const bulk = `${facts}/bulk/users`;
  app.post(bulk, (request) => changeEach(store, request, readUsers, createUser));
  app.put(bulk, (request) => changeEach(store, request, readUsers, upsertUser));
  app.delete(bulk, (request) =>
    changeEach(store, request, readIdents, (env, user) => deleteUser(env, findUser(env, user))),
  );
}
