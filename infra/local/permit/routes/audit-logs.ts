import type { FastifyInstance } from "fastify";
import type { DecisionLogs } from "../http/decision-logs.ts";
import { environmentOf } from "../http/environment-call.ts";
import { paginated, parseFlag, parseMany, parsePage, parseText } from "../http/request-query.ts";
import type { Store } from "../storage/store.ts";

/** The list of decisions. In memory, the latest of each environment: enough to look at, not a record to rely on. */
export function registerAuditLogs(app: FastifyInstance, store: Store, decisions: DecisionLogs): void {
  app.get("/v2/pdps/:project/:environment/audit_logs", (request) => {
    const env = environmentOf(store, request);
    const { query } = request;
    const users = parseMany(query, "users");
    const resources = parseMany(query, "resources");
    const tenant = parseText(query, "tenant");
    const action = parseText(query, "action");
    const decision = parseText(query, "decision") === null ? null : parseFlag(query, "decision");
    const rows = decisions
      .of(env.scope.environment_id)
      .list()
      .filter(
        (row) =>
          (users === null || users.includes(row.user ?? "")) &&
          (resources === null || resources.includes(row.type ?? "")) &&
          (tenant === null || row.tenant === tenant) &&
          (action === null || row.action === action) &&
          (decision === null || row.allow === decision),
      );
    const result = paginated(rows, parsePage(query), (row) => ({
      id: row.id,
      timestamp: row.timestamp,
      created_at: row.timestamp,
      org_id: env.scope.organization_id,
      project_id: env.scope.project_id,
      env_id: env.scope.environment_id,
      query: row.query,
      user_key: row.user,
      user_email: env.users.byKey(row.user ?? "")?.email ?? null,
      resource_type: row.type,
      tenant: row.tenant ?? null,
      action: row.action,
      decision: row.allow,
      reason: row.reason,
    }));
    return { ...result, pagination_count: rows.length };
  });
}
