import { isDeepStrictEqual } from "node:util";
import { type DerivationRule, defaultTenant, type ResourceTypePlan, type RolePlan } from "@permit-mcp-gateway/policies";
import type { EnvironmentClient } from "./client.ts";
import { allPages, assignmentsPerPageMax, ifFound, inBulk, type Step } from "./handler.ts";
import { type ActualResourceType, listResourceTypes } from "./resource-type-read.ts";
import { toActionRequest, toRoleRequest, toRule } from "./resource-type-request.ts";

/** The elements of `list` that `other` does not have. */
function missingFrom<T>(list: readonly T[], other: readonly T[]): T[] {
  return list.filter((item) => !other.some((candidate) => isDeepStrictEqual(candidate, item)));
}

const noRole: RolePlan = { permissions: [], grantedTo: [] };

/** Takes the roles from everyone who has them, so that a role of that name, made again, is given to nobody. */
async function unassignRoles(client: EnvironmentClient, type: string, roles: readonly string[]): Promise<void> {
  for (const role of roles) {
    const found = await allPages(assignmentsPerPageMax, (page) =>
      client.api.roleAssignments.list({ role, page, perPage: assignmentsPerPageMax }),
    );
    const assignments = found.flatMap(({ user, tenant, resource_instance }) =>
      resource_instance?.startsWith(`${type}:`) === true
        ? [{ user, role, tenant: tenant ?? defaultTenant, resource_instance }]
        : [],
    );
    await inBulk(assignments, (batch) => client.api.roleAssignments.bulkUnassign(batch));
  }
}

/** Removes roles, and before them what refers to them: their assignments, and the derivations that start from them. */
async function removeRoles(client: EnvironmentClient, type: string, roles: readonly string[]): Promise<void> {
  await unassignRoles(client, type, roles);
  for (const other of await listResourceTypes(client)) {
    for (const [role, { grantedTo }] of Object.entries(other.roles)) {
      for (const rule of grantedTo.filter((rule) => rule.onResource === type && roles.includes(rule.role))) {
        await ifFound(client.api.resourceRoles.deleteRoleDerivation(other.key, role, toRule(rule)));
      }
    }
  }
  for (const role of roles) await ifFound(client.api.resourceRoles.delete(type, role));
}

function tighteningSteps(client: EnvironmentClient, actual: ActualResourceType, next: ResourceTypePlan): Step[] {
  const type = next.key;
  const { resourceRoles, resourceActions, resourceRelations } = client.api;
  const step = (summary: string, run: Step["run"]): Step => ({
    effect: "tighten",
    summary: `${type}: ${summary}`,
    run,
  });

  const goneActions = Object.keys(actual.actions).filter((action) => next.actions[action] === undefined);
  const goneRoles = Object.keys(actual.roles).filter((role) => next.roles[role] === undefined);
  const goneRelations = Object.entries(actual.relations).filter(([key, subject]) => next.relations[key] !== subject);
  const keptRoles = Object.entries(actual.roles).filter(([role]) => next.roles[role] !== undefined);

  return [
    ...keptRoles.flatMap(([role, { permissions }]) => {
      // Permissions on an action that goes away go with it.
      const lost = missingFrom(permissions, [...(next.roles[role]?.permissions ?? []), ...goneActions]);
      return lost.length === 0
        ? []
        : [step(`role ${role} loses ${lost.join(", ")}`, () => resourceRoles.removePermissions(type, role, lost))];
    }),
    ...keptRoles.flatMap(([role, { grantedTo }]) =>
      missingFrom(grantedTo, next.roles[role]?.grantedTo ?? []).map((rule) =>
        step(`role ${role} is no longer derived from ${rule.role} through ${rule.relation}`, () =>
          ifFound(resourceRoles.deleteRoleDerivation(type, role, toRule(rule))),
        ),
      ),
    ),
    ...(goneRoles.length === 0
      ? []
      : [step(`roles ${goneRoles.join(", ")} removed`, () => removeRoles(client, type, goneRoles))]),
    ...goneActions.map((action) =>
      step(`action ${action} removed`, () => ifFound(resourceActions.delete(type, action))),
    ),
    ...goneRelations.map(([relation]) =>
      step(`relation ${relation} removed`, () => ifFound(resourceRelations.delete(type, relation))),
    ),
  ];
}

function wideningSteps(client: EnvironmentClient, actual: ActualResourceType, next: ResourceTypePlan): Step[] {
  const type = next.key;
  const { resources, resourceRoles, resourceActions, resourceRelations } = client.api;
  const step = (summary: string, run: Step["run"]): Step => ({ effect: "widen", summary: `${type}: ${summary}`, run });

  const actions = Object.entries(next.actions).flatMap(([key, action]) => {
    const current = actual.actions[key];
    const request = toActionRequest(action);
    if (current === undefined) {
      return [step(`action ${key} added`, () => resourceActions.create(type, { key, ...request }))];
    }
    if (isDeepStrictEqual(current, action)) return [];
    // PATCH overwrites whole fields, so attributes are sent whole, also to empty them.
    const change = { ...request, attributes: action.attributes ?? {} };
    return [step(`action ${key} changed`, () => resourceActions.update(type, key, change))];
  });
  const relations = Object.entries(next.relations)
    .filter(([key, subject]) => actual.relations[key] !== subject)
    .map(([key, subject]) =>
      step(`relation ${key} added`, () =>
        resourceRelations.create(type, { key, name: key, subject_resource: subject }),
      ),
    );
  const newRoles = Object.entries(next.roles)
    .filter(([key]) => actual.roles[key] === undefined)
    .map(([key, role]) => step(`role ${key} added`, () => resourceRoles.create(type, toRoleRequest(key, role))));
  const changedRoles = Object.entries(next.roles)
    .filter(([key]) => actual.roles[key] !== undefined)
    .flatMap(([key, role]) => {
      const current = actual.roles[key] ?? noRole;
      const gained = missingFrom(role.permissions, current.permissions);
      const rules: DerivationRule[] = missingFrom(role.grantedTo, current.grantedTo);
      return [
        ...(gained.length === 0
          ? []
          : [step(`role ${key} gains ${gained.join(", ")}`, () => resourceRoles.assignPermissions(type, key, gained))]),
        ...rules.map((rule) =>
          step(`role ${key} is derived from ${rule.role} through ${rule.relation}`, () =>
            resourceRoles.createRoleDerivation(type, key, toRule(rule)),
          ),
        ),
      ];
    });
  const renamed =
    actual.name === next.name ? [] : [step(`named "${next.name}"`, () => resources.update(type, { name: next.name }))];
  return [...renamed, ...actions, ...relations, ...newRoles, ...changedRoles];
}

/** The fewest calls from what is there to what the plan says: what a changed line of policy costs, and no more. */
export function resourceTypeSteps(
  client: EnvironmentClient,
  actual: ActualResourceType,
  next: ResourceTypePlan,
): readonly Step[] {
  return [...tighteningSteps(client, actual, next), ...wideningSteps(client, actual, next)];
}
