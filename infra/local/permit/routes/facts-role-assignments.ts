import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { listAssignments } from "../facts/list-role-assignments.ts";
import { meetMissingUsers, missingUserPolicies } from "../facts/missing-users.ts";
import {
  assignmentCreateSchema,
  assignmentRemoveSchema,
  assignRole,
  assignRoles,
  readAssignment,
  readAssignmentDetailed,
  unassignRole,
  unassignRoles,
} from "../facts/role-assignments.ts";
import { userRoleSchema } from "../facts/users.ts";
import { checkBulkSize } from "../http/bulk.ts";
import { change, environmentOf, pathParam } from "../http/environment-call.ts";
import { parseBody, parseRequest } from "../http/request-body.ts";
import { paginated, parseFlag, parseMany, parsePage } from "../http/request-query.ts";
import type { Store } from "../storage/store.ts";

const bulkMax = 2_000;
const pageMax = 1_000;
const bulkQuerySchema = z.object({ missing_user_policy: z.enum(missingUserPolicies).default("fail") });
const userRoleRemoveSchema = userRoleSchema.extend({ tenant: z.string() });
type AssignmentRemove = z.infer<typeof assignmentRemoveSchema>;

/** Role assignments, singly and in bulk. */
export function registerRoleAssignments(app: FastifyInstance, store: Store): void {
  const all = "/v2/facts/:project/:environment/role_assignments";

  const list = (request: FastifyRequest, read: typeof readAssignment) => {
    const env = environmentOf(store, request);
    const { query } = request;
    const rows = listAssignments(env, {
      user: parseMany(query, "user"),
      role: parseMany(query, "role"),
      tenant: parseMany(query, "tenant"),
      resource: parseMany(query, "resource"),
      resource_instance: parseMany(query, "resource_instance"),
    });
    return paginated(rows, parsePage(query, pageMax), (row) => read(env, row));
  };

  app.get(all, (request) => {
    const result = list(request, parseFlag(request.query, "detailed") ? readAssignmentDetailed : readAssignment);
    return parseFlag(request.query, "include_total_count") ? result : result.data;
  });

  app.get(`${all}/detailed`, (request) => list(request, readAssignmentDetailed));

  app.post(all, (request) => {
    const input = parseBody(assignmentCreateSchema, request.body);
    return change(store, request, (env) => readAssignment(env, assignRole(env, input)));
  });

  const unassign = async (request: FastifyRequest, reply: FastifyReply, input: AssignmentRemove) => {
    const returnDeleted = parseFlag(request.query, "return_deleted");
    const deleted = await change(store, request, (env) => readAssignment(env, unassignRole(env, input)));
    return returnDeleted ? deleted : reply.code(204).send();
  };

  app.delete(all, (request, reply) => unassign(request, reply, parseBody(assignmentRemoveSchema, request.body)));

  const ofUser = "/v2/facts/:project/:environment/users/:user/roles";
  app.post(ofUser, (request) => {
    const input = { ...parseBody(userRoleSchema, request.body), user: pathParam(request, "user") };
    return change(store, request, (env) => readAssignment(env, assignRole(env, input)));
  });
  app.delete(ofUser, (request, reply) =>
    unassign(request, reply, {
      ...parseBody(userRoleRemoveSchema, request.body),
      user: pathParam(request, "user"),
    }),
  );

  app.post(`${all}/bulk`, (request) => {
    const { missing_user_policy } = parseRequest(bulkQuerySchema, request.query, "query");
    const inputs = parseBody(z.array(assignmentCreateSchema), request.body);
    checkBulkSize(inputs, bulkMax);
    return change(store, request, (env) => ({
      assignments_created: assignRoles(env, meetMissingUsers(env, inputs, missing_user_policy)),
    }));
  });

  app.delete(`${all}/bulk`, (request) => {
    const inputs = parseBody(z.array(assignmentRemoveSchema), request.body);
    checkBulkSize(inputs, bulkMax);
    return change(store, request, (env) => ({ assignments_removed: unassignRoles(env, inputs) }));
  });
}
