import { type EnvironmentState, ref } from "../state/environment.ts";
import type { Store } from "../storage/store.ts";
import type { LoggedDecision } from "./logged-decision.ts";

/** `AuditLogModel` of the API description. What the question does not name is left out, as the description has no null. */
export function readDecision(env: EnvironmentState, decision: LoggedDecision): object {
  const user = env.users.byKey(decision.user ?? "");
  const name = [user?.first_name, user?.last_name].filter((part) => part !== null && part !== undefined).join(" ");
  return {
    id: decision.id,
    timestamp: decision.timestamp,
    created_at: decision.timestamp,
    org_id: env.scope.organization_id,
    project_id: env.scope.project_id,
    env_id: env.scope.environment_id,
    pdp_config_id: env.scope.environment_id,
    query: decision.query,
    user_key: decision.user,
    user_email: user?.email ?? undefined,
    user_name: name === "" ? undefined : name,
    resource_type: decision.type,
    tenant: decision.tenant,
    action: decision.action,
    decision: decision.allow,
    reason: decision.reason,
    input: decision.input,
  };
}

/** `DetailedAuditLogModel`: with what the names of the question stand for now, and the answer. */
export function readDecisionDetailed(store: Store, env: EnvironmentState, decision: LoggedDecision): object {
  const result = { allow: decision.allow, reason: decision.reason };
  const raw = {
    engine: "GENERIC",
    decision_id: decision.id,
    timestamp: decision.timestamp,
    decision: decision.allow,
    query: decision.query,
    user_key: decision.user,
    resource_type: decision.type,
    tenant: decision.tenant,
    action: decision.action,
    input: decision.input,
    result,
  };
  return { ...readDecision(env, decision), result, raw_data: raw, objects: objectsOf(store, env, decision) };
}

function objectsOf(store: Store, env: EnvironmentState, { user, action, type, tenant }: LoggedDecision): object {
  const { projects, environments } = store.organization;
  return {
    project_object: named(projects.byId(env.scope.project_id)),
    environment_object: named(environments.byId(env.scope.environment_id)),
    user_object: userObject(env, user),
    action_object: named(env.actions.byKey(ref(type ?? "", action ?? ""))),
    resource_type_object: named(env.resources.byKey(type ?? "")),
    tenant_object: named(env.tenants.byKey(tenant ?? "")),
  };
}

function named(
  row:
    | { readonly id: string; key: string; name: string; readonly created_at: string; readonly updated_at: string }
    | undefined,
): object | undefined {
  if (row === undefined) return undefined;
  return { id: row.id, key: row.key, name: row.name, created_at: row.created_at, updated_at: row.updated_at };
}

function userObject(env: EnvironmentState, key: string | undefined): object | undefined {
  const user = env.users.byKey(key ?? "");
  if (user === undefined) return undefined;
  return {
    id: user.id,
    key: user.key,
    email: user.email ?? undefined,
    first_name: user.first_name ?? undefined,
    last_name: user.last_name ?? undefined,
    attributes: user.attributes,
    created_at: user.created_at,
    updated_at: user.updated_at,
  };
}
