import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { listAssignments } from "../facts/list-role-assignments.ts";
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
import { checkBulkSize } from "../http/bulk.ts";
import { change, environmentOf } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { paginated, parseFlag, parseMany, parsePage } from "../http/request-query.ts";
import type { Store } from "../storage/store.ts";

const bulkMax = 2_000;
const pageMax = 1_000;

/** Role assignments, singly and in bulk. */
export function registerRoleAssignments(app: FastifyInstance, store: Store): void {
  const all = "/v2/facts/:project/:environment/role_assignments";

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const { query } = request;
    const rows = listAssignments(env, {
      user: parseMany(query, "user"),
      role: parseMany(query, "role"),
      tenant: parseMany(query, "tenant"),
      resource: parseMany(query, "resource"),
      resource_instance: parseMany(query, "resource_instance"),
    });
    const detailed = parseFlag(query, "detailed");
    const result = paginated(rows, parsePage(query, pageMax), (row) =>
      detailed ? readAssignmentDetailed(env, row) : readAssignment(env, row),
    );
    return parseFlag(query, "include_total_count") ? result : result.data;
  });

  app.post(all, (request) => {
    const input = parseBody(assignmentCreateSchema, request.body);
    return change(store, request, (env) => readAssignment(env, assignRole(env, input)));
  });

  app.delete(all, async (request, reply) => {
    const input = parseBody(assignmentRemoveSchema, request.body);
    const deleted = await change(store, request, (env) => readAssignment(env, unassignRole(env, input)));
    return parseFlag(request.query, "return_deleted") ? deleted : reply.code(204).send();
  });

  app.post(`${all}/bulk`, (request) => {
    const inputs = parseBody(z.array(assignmentCreateSchema), request.body);
    checkBulkSize(inputs, bulkMax);
    return change(store, request, (env) => ({ assignments_created: assignRoles(env, inputs) }));
  });

  app.delete(`${all}/bulk`, (request) => {
    const inputs = parseBody(z.array(assignmentRemoveSchema), request.body);
    checkBulkSize(inputs, bulkMax);
    return change(store, request, (env) => ({ assignments_removed: unassignRoles(env, inputs) }));
  });
}
