import type { AuditFilter } from "../audit/audit-filter.ts";
import { builtInTypes } from "../schema/find-resource.ts";
import type { EnvironmentState } from "../state/environment.ts";
import { decisionsMax } from "../storage/database.ts";
import type { Store } from "../storage/store.ts";

const monthMs = 30 * 24 * 60 * 60 * 1000;
const all: AuditFilter = {
  ...{ query: null, users: null, types: null, tenant: null, action: null, allow: null, fromMs: null, toMs: null },
};

/**
 * `EnvironmentStatistics` of the API description. `policies` counts what roles permit, one per role and action, and set rules; `mau`
 * the users that were asked about in the last 30 days, as far as decisions are kept.
 */
export async function environmentStatistics(store: Store, env: EnvironmentState): Promise<object> {
  const id = env.scope.environment_id;
  const fromMs = Date.parse(store.effects.now()) - monthMs;
  const { total } = await store.decisions.list(id, all, { offset: 0, limit: 1 });
  const { decisions } = await store.decisions.list(id, { ...all, fromMs }, { offset: 0, limit: decisionsMax });
  const users = new Set(decisions.map(({ user }) => user).filter((user) => user !== undefined));
  return {
    roles: env.roles.size,
    users: env.users.size,
    policies: [...env.roles].reduce((sum, { permissions }) => sum + permissions.length, env.setRules.size),
    resources: [...env.resources].filter(({ key }) => !builtInTypes.has(key)).length,
    tenants: env.tenants.size,
    has_decision_logs: total > 0,
    members: [],
    mau: users.size,
  };
}
