import { effectivePermissions } from "./effective-permissions.ts";
import { instanceRoles } from "./instance-roles.ts";
import type { PolicyIndex } from "./policy-index.ts";

/** May this user do this action on this resource? */
export interface DecisionQuery {
  readonly user: string;
  readonly action: string;
  readonly type: string;
  /** Key of the instance; without it only tenant-level roles count. */
  readonly key: string | undefined;
  /** Without a tenant everything is denied. */
  readonly tenant: string | undefined;
}

/** What one way of deciding says, in the words of Permit's `debug`. */
export interface EngineAnswer {
  readonly allow: boolean;
  readonly code: string;
  readonly reason: string;
  readonly allowing_roles?: readonly unknown[];
  readonly support_link?: string;
}

/** The answer. Allowed when either way allows: nothing denies but absence. */
export interface Decision {
  readonly allow: boolean;
  /** Roles in the tenant. */
  readonly rbac: EngineAnswer;
  /** Roles on the instance; absent when no instance was asked about. */
  readonly rebac?: EngineAnswer;
}

function denied(code: string, reason: string): EngineAnswer {
  return { allow: false, code, reason, support_link: `https://docs.permit.io/errors/${code}` };
}

/** Answers a query. What is unknown (user, type, action, tenant) is denied, never an error. */
export function decide(index: PolicyIndex, query: DecisionQuery): Decision {
  const unknown = unknownPart(index, query);
  const rbac = unknown ?? byTenantRoles(index, query, query.tenant ?? "");
  if (query.key === undefined) return { allow: rbac.allow, rbac };
  const rebac = unknown ?? byInstanceRoles(index, query, query.key, query.tenant ?? "");
  return { allow: rbac.allow || rebac.allow, rbac, rebac };
}

function unknownPart(index: PolicyIndex, { user, action, type, tenant }: DecisionQuery): EngineAnswer | undefined {
  if (!index.hasType(type)) return denied("no_such_resource", `resource type '${type}' is not defined`);
  if (!index.hasAction(type, action)) {
    return denied("no_such_action", `action '${action}' is not defined on resource type '${type}'`);
  }
  if (tenant === undefined || !index.hasTenant(tenant)) {
    return denied("no_such_tenant", `tenant '${tenant ?? ""}' does not exist`);
  }
  if (index.hasUser(user)) return undefined;
  return denied("user_not_synced", `user '${user}' is not synced and therefore has no known role assignments`);
}

function byTenantRoles(index: PolicyIndex, { user, action, type }: DecisionQuery, tenant: string): EngineAnswer {
  const assignments = index.assignmentsOf(user).filter((assignment) => assignment.resource_instance === null);
  if (assignments.length === 0) return denied("no_user_roles", `no roles assigned to user '${user}'`);
  const roles = assignments.filter((assignment) => assignment.tenant === tenant).map(({ role }) => role);
  if (roles.length === 0) {
    return denied("no_role_in_tenant", `user '${user}' has no assigned roles in tenant '${tenant}'`);
  }
  const allowing = roles.filter((role) => effectivePermissions(index, "", role).has(`${type}:${action}`));
  const [first] = allowing;
  if (first === undefined) {
    return noPermission(user, action, type);
  }
  return {
    allow: true,
    code: "allow",
    reason: `user '${user}' has the role '${first}' in tenant '${tenant}', role '${first}' has the '${action}' permission on resources of type '${type}'`,
    allowing_roles: allowing,
  };
}

function noPermission(user: string, action: string, type: string): EngineAnswer {
  return denied(
    "no_permission",
    `user '${user}' does not have any role that grants him the '${action}' permission on resources of type '${type}'`,
  );
}

function byInstanceRoles(
  index: PolicyIndex,
  { user, action, type }: DecisionQuery,
  key: string,
  tenant: string,
): EngineAnswer {
  const resource = `${type}:${key}`;
  const sources = [...(instanceRoles(index, user, tenant).get(resource)?.values() ?? [])];
  const allowing = sources.filter(({ role }) => effectivePermissions(index, type, role).has(action));
  const [first] = allowing;
  if (first === undefined) {
    return noPermission(user, action, type);
  }
  return {
    allow: true,
    code: "allow",
    reason: `user '${user}' has the '${action}' permission on resource '${resource}' in tenant '${tenant}', ${first.reason}`,
    allowing_roles: allowing,
  };
}
