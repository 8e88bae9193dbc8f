import type { z } from "zod";
import { createActionGroup } from "../schema/action-groups.ts";
import { attributesOf } from "../schema/attributes.ts";
import { upsertRoles } from "../schema/bulk-roles.ts";
import { builtInTypes } from "../schema/find-resource.ts";
import { replaceRelations } from "../schema/relations.ts";
import { createBareResource, updateResource } from "../schema/resources.ts";
import { deleteRole, type roleBulkSchema } from "../schema/roles.ts";
import { duplicate } from "../state/api-error.ts";
import { type EnvironmentState, ref } from "../state/environment.ts";
import type { ResourceRow, RoleRow } from "../state/rows.ts";
import { copyConditionSets } from "./copy-condition-sets.ts";
import { type CopyOptions, takes } from "./copy-scope.ts";

function blocksOf<R extends { readonly key: string }, T>(
  rows: readonly R[],
  block: (row: R) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(rows.map((row) => [row.key, block(row)]));
}

function roleOperation(row: RoleRow): z.infer<typeof roleBulkSchema> {
  const { resource, key, name, description, permissions, attributes, extends: extended, granted_to } = row;
  const users_with_role = (granted_to?.rules ?? []).map(({ no_direct_roles_on_object, ...rule }) => ({
    ...rule,
    when: { no_direct_roles_on_object },
  }));
  return {
    ...{ resource, key, name, description, attributes },
    permissions: [...permissions],
    extends: [...extended],
    granted_to:
      granted_to === null
        ? null
        : { when: { no_direct_roles_on_object: granted_to.no_direct_roles_on_object }, users_with_role },
  };
}

/** The type in the target, empty or as it was. Throws 409 when it is there and may not be replaced. */
function targetOf(target: EnvironmentState, row: ResourceRow, { overwrite }: CopyOptions): ResourceRow {
  const known = target.resources.byKey(row.key);
  if (known === undefined) return createBareResource(target, row.key, row.name);
  if (!overwrite) throw duplicate("Resource", row.key);
  return known;
}

/** Attributes of users and tenants: their types are there already, so each attribute can conflict by itself. */
function copyBuiltIn(target: EnvironmentState, row: ResourceRow, { overwrite }: CopyOptions): void {
  const known = target.resources.byKey(row.key) ?? createBareResource(target, row.key, row.name);
  const conflict = row.attributes.find(({ key }) => known.attributes.some((each) => each.key === key));
  if (conflict !== undefined && !overwrite) throw duplicate("Attribute", conflict.key);
  const attributes = attributesOf(
    target,
    known,
    blocksOf([...known.attributes, ...row.attributes], ({ type, description }) => ({ type, description })),
  );
  target.resources.put({ ...known, attributes });
}

/** Everything of a type that refers to nothing outside of it. */
function copyParts(source: EnvironmentState, target: EnvironmentState, row: ResourceRow, known: ResourceRow): void {
  updateResource(target, known, {
    ...{ name: row.name, urn: row.urn, description: row.description, type_attributes: row.type_attributes },
    attributes: blocksOf(row.attributes, ({ type, description }) => ({ type, description })),
    actions: blocksOf(source.actions.by("resource", row.key), ({ name, description, attributes }) => ({
      ...{ name, description, attributes },
    })),
  });
  for (const group of target.actionGroups.by("resource", row.key)) target.actionGroups.delete(group.id);
  for (const { key, name, description, attributes, actions } of source.actionGroups.by("resource", row.key)) {
    createActionGroup(target, row.key, { key, name, description, attributes, actions: [...actions] });
  }
}

function copyRelations(source: EnvironmentState, target: EnvironmentState, resource: string): void {
  const rows = source.relations.by("resource", resource);
  replaceRelations(target, resource, new Map(rows.map((row) => [row.key, row.subject_resource])));
  for (const { key, name, description } of rows) {
    const copy = target.relations.byKey(ref(resource, key));
    if (copy !== undefined) target.relations.put({ ...copy, name, description });
  }
}

/** The roles that the copied types and the scope bring along; those that a replaced type no longer has are removed. */
function copyRoles(
  source: EnvironmentState,
  target: EnvironmentState,
  types: readonly ResourceRow[],
  { scope, overwrite }: CopyOptions,
): void {
  const ofTypes = types.flatMap(({ key }) => source.roles.by("resource", key));
  for (const { key } of types) {
    for (const role of target.roles.by("resource", key)) {
      if (source.roles.byKey(ref(key, role.key)) === undefined) deleteRole(target, role);
    }
  }
  const ofTenants = source.roles.by("resource", "").filter(({ key }) => takes(scope.roles, key));
  const conflict = ofTenants.find(({ key }) => target.roles.byKey(ref("", key)) !== undefined);
  if (conflict !== undefined && !overwrite) throw duplicate("Role", conflict.key);
  upsertRoles(target, [...ofTypes, ...ofTenants].map(roleOperation));
}

/**
 * Copies the schema of one environment into another; facts stay where they are. What comes first is what the rest
 * refers to. Throws 409 for a conflict, and 404 when something is taken that refers to what is neither taken nor there.
 */
export function copyEnvironment(source: EnvironmentState, target: EnvironmentState, options: CopyOptions): void {
  const taken = [...source.resources].filter(({ key }) => takes(options.scope.resources, key));
  for (const row of taken) if (builtInTypes.has(row.key)) copyBuiltIn(target, row, options);
  const types = taken.filter(({ key }) => !builtInTypes.has(key));
  const known = types.map((row) => targetOf(target, row, options));
  for (const [index, row] of types.entries()) copyParts(source, target, row, known[index] ?? row);
  for (const { key } of types) copyRelations(source, target, key);
  copyRoles(source, target, types, options);
  copyConditionSets(source, target, options);
}
