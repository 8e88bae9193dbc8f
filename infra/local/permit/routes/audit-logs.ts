import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { AuditFilter } from "../audit/audit-filter.ts";
import type { DecisionLogs } from "../audit/decision-logs.ts";
import { readDecision, readDecisionDetailed } from "../audit/read-decision.ts";
import { environmentOf, pathParam } from "../http/environment-call.ts";
import { parseRequest } from "../http/request-body.ts";
import { parseFlag, parseMany, parsePage, parseText } from "../http/request-query.ts";
import { ApiError, notFound } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import { decisionsMax } from "../storage/database.ts";
import type { Store } from "../storage/store.ts";

const listSchema = z.object({
  query: z.enum(["check", "get_user_permissions", "get_authorized_users", "none"]).default("check"),
  sort_by: z.enum(["None", "timestamp"]).default("timestamp"),
  pdp_id: z.uuid().optional(),
  timestamp_from: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .optional(),
  timestamp_to: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .optional(),
});

/** The API description says neither: seconds, unless the number would be a day in the far future. */
function milliseconds(timestamp: number | undefined): number | null {
  if (timestamp === undefined) return null;
  return timestamp < 100_000_000_000 ? timestamp * 1000 : timestamp;
}

/** Keys of users as they are, addresses as the keys of the users who have them. */
function userKeys(env: EnvironmentState, named: readonly string[]): readonly string[] {
  const addresses = new Set(named.filter((name) => name.includes("@")));
  if (addresses.size === 0) return named;
  const owners = [...env.users].filter(({ email }) => email !== null && addresses.has(email)).map(({ key }) => key);
  return [...new Set([...named, ...owners])];
}

function overreached(): ApiError {
  return new ApiError(
    400,
    "PAGINATION_SIZE_OVERREACHED",
    "The request was invalid",
    `At most ${decisionsMax} audit logs can be listed. Ask for a shorter time or add filters.`,
  );
}

/** The decisions of an environment: list with filters, get. */
export function registerAuditLogs(app: FastifyInstance, store: Store, decisions: DecisionLogs): void {
  const all = "/v2/pdps/:project/:environment/audit_logs";

  app.get(all, async (request) => {
    const env = environmentOf(store, request);
    const { query } = request;
    const { query: kind, pdp_id, timestamp_from, timestamp_to } = parseRequest(listSchema, query, "query");
    const page = parsePage(query);
    if ((page.page - 1) * page.perPage >= decisionsMax) throw overreached();
    const users = parseMany(query, "users");
    const filter: AuditFilter = {
      query: kind === "none" ? null : kind,
      users: users === null ? null : userKeys(env, users),
      types: parseMany(query, "resources"),
      tenant: parseText(query, "tenant"),
      action: parseText(query, "action"),
      allow: parseText(query, "decision") === null ? null : parseFlag(query, "decision"),
      fromMs: milliseconds(timestamp_from),
      toMs: milliseconds(timestamp_to),
    };
    // The one decision point of an environment has the environment's id.
    if (pdp_id !== undefined && pdp_id !== env.scope.environment_id) {
      return { data: [], total_count: 0, page_count: 0, pagination_count: 0 };
    }
    const { perPage: limit } = page;
    const found = await decisions.list(env.scope.environment_id, filter, { offset: (page.page - 1) * limit, limit });
    return {
      data: found.decisions.map((decision) => readDecision(env, decision)),
      total_count: found.total,
      page_count: Math.ceil(found.total / limit),
      pagination_count: found.total,
    };
  });

  app.get(`${all}/:log`, async (request) => {
    const env = environmentOf(store, request);
    const id = parseRequest(z.object({ log_id: z.uuid() }), { log_id: pathParam(request, "log") }, "path").log_id;
    const decision = await decisions.find(env.scope.environment_id, id.toLowerCase());
    if (decision === undefined) throw notFound("Audit log", id);
    return readDecisionDetailed(store, env, decision);
  });
}
