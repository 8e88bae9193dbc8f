import { decideByConditions } from "./decide-by-conditions.ts";
import type { DecisionIndex } from "./decision-index.ts";
import type { DecisionQuery } from "./decision-query.ts";
import {
  type AbacAnswer,
  denied,
  type EngineAnswer,
  listed,
  type RbacAnswer,
  type RebacAnswer,
} from "./engine-answer.ts";
import type { UserNode } from "./facts-graph.ts";
import { rolesOn } from "./instance-roles.ts";
import type { ResolvedType } from "./resolved-schema.ts";

/** The answer. Allowed when one of the ways allows: nothing denies but absence. */
export interface Decision {
  readonly allow: boolean;
  /** Roles in the tenant. */
  readonly rbac: RbacAnswer;
  /** Roles on the instance; absent when no instance was asked about. */
  readonly rebac?: RebacAnswer;
  /** Condition sets; absent when the environment has none. */
  readonly abac?: AbacAnswer;
}

/** A query whose parts are all known. */
interface KnownQuery extends DecisionQuery {
  readonly resource: ResolvedType;
  readonly subject: UserNode;
  readonly tenant: string;
}

/** Answers a query. What is unknown (user, type, action, tenant) is denied, never an error. */
export function decide(index: DecisionIndex, query: DecisionQuery): Decision {
  const known = knownParts(index, query);
  const rbac = "code" in known ? known : byTenantRoles(index, known);
  const { key } = query;
  const rebac = key === undefined ? undefined : "code" in known ? known : byInstanceRoles(index, known, key);
  const abac = index.abac.active ? byConditions(index, query, known) : undefined;
  return {
    allow: rbac.allow || rebac?.allow === true || abac?.allow === true,
    rbac,
    ...(rebac === undefined ? {} : { rebac }),
    ...(abac === undefined ? {} : { abac }),
  };
}

/** Attributes in the query may be all that is known of a user: that one need not be synced. */
function byConditions(index: DecisionIndex, query: DecisionQuery, known: KnownQuery | EngineAnswer): AbacAnswer {
  if ("code" in known && known.code !== "user_not_synced") return known;
  return decideByConditions(index, query);
}

function knownParts(index: DecisionIndex, query: DecisionQuery): KnownQuery | EngineAnswer {
  const { user, action, type, tenant } = query;
  const { types } = index.schema;
  const resource = types.get(type);
  if (resource === undefined) {
    const known = listed(types.keys());
    return denied("no_such_resource", `resource type '${type}' is not defined. known resource types: ${known}`);
  }
  if (!resource.actions.has(action)) {
    const reason = `action '${action}' is not defined on resource type '${type}'. known actions on '${type}': ${listed(resource.actions)}`;
    return denied("no_such_action", reason);
  }
  if (tenant === undefined || !index.tenants.has(tenant)) {
    const known = listed(index.tenants.keys());
    return denied("no_such_tenant", `tenant '${tenant ?? ""}' does not exist. existing tenants: ${known}`);
  }
  const subject = index.facts.users.get(user);
  if (subject === undefined || subject.row === null) {
    return denied("user_not_synced", `user '${user}' is not synced and therefore has no known role assignments`);
  }
  return { ...query, resource, subject, tenant };
}

function byTenantRoles(index: DecisionIndex, query: KnownQuery): RbacAnswer {
  const { user, action, type, tenant, subject } = query;
  const roles: string[] = [];
  const tenants = new Set<string>();
  for (const [row, instance] of subject.grants) {
    if (instance !== null) continue;
    tenants.add(row.tenant);
    if (row.tenant === tenant) roles.push(row.role);
  }
  if (tenants.size === 0) return denied("no_user_roles", `no roles assigned to user '${user}'`);
  if (roles.length === 0) {
    const reason = `user '${user}' has no assigned roles in tenant '${tenant}'. user has roles in these tenants: ${listed(tenants)}`;
    return denied("no_role_in_tenant", reason);
  }
  const permission = `${type}:${action}`;
  const allowing = roles.filter((role) => index.schema.tenantRoles.get(role)?.permissions.has(permission));
  const [first] = allowing;
  if (first === undefined) return noPermission(query);
  return {
    allow: true,
    code: "allow",
    reason: `user '${user}' has the role '${first}' in tenant '${tenant}', role '${first}' has the '${action}' permission on resources of type '${type}'`,
    allowing_roles: allowing,
  };
}

function noPermission({ user, action, type }: DecisionQuery): EngineAnswer {
  return denied(
    "no_permission",
    `user '${user}' does not have any role that grants him the '${action}' permission on resources of type '${type}'`,
  );
}

function byInstanceRoles(index: DecisionIndex, query: KnownQuery, key: string): RebacAnswer {
  const { user, action, type, tenant, subject, resource } = query;
  const instance = index.facts.instances.get(`${type}:${key}`);
  const allowed = resource.allowing.get(action);
  if (instance === undefined || allowed === undefined) return noPermission(query);
  const allowing = rolesOn(index, subject, tenant, instance, allowed.roles, allowed.leading);
  const [first] = allowing;
  if (first === undefined) return noPermission(query);
  return {
    allow: true,
    code: "allow",
    reason: `user '${user}' has the '${action}' permission on resource '${instance.ref}' in tenant '${tenant}', ${first.reason}`,
    allowing_roles: allowing,
  };
}
