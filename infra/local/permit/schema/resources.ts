import { z } from "zod";
import { deleteInstance } from "../facts/resource-instances.ts";
import { duplicate } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import { attributesSchema, firstVersionFields, keySchema, textSchema } from "../state/keys.ts";
import type { ResourceRow } from "../state/rows.ts";
import { given, newStamp, stamped } from "../state/stamp.ts";
import { actionBlockSchema, deleteAction, replaceActions } from "./actions.ts";
import { attributeBlockSchema, attributesOf } from "./attributes.ts";
import { forgetResource } from "./delete-condition-sets.ts";
import { builtInTypes } from "./find-resource.ts";
import { deleteRelation, replaceRelations } from "./relations.ts";
import { deleteRole, readRole, replaceRoles, roleBlockSchema } from "./roles.ts";

const optionalParts = {
  urn: textSchema,
  description: textSchema,
  type_attributes: attributesSchema.nullish(),
  attributes: z.record(keySchema, attributeBlockSchema).nullish(),
  roles: z.record(keySchema, roleBlockSchema).nullish(),
  relations: z.record(keySchema, keySchema).nullish(),
  ...firstVersionFields.resource,
};
const actionsSchema = z.record(keySchema, actionBlockSchema);

export const resourceCreateSchema = z.strictObject({
  key: keySchema,
  name: z.string(),
  actions: actionsSchema,
  ...optionalParts,
});
export const resourceReplaceSchema = z.strictObject({ name: z.string(), actions: actionsSchema, ...optionalParts });
export const resourceUpdateSchema = z.strictObject({
  name: z.string().optional(),
  actions: actionsSchema.optional(),
  ...optionalParts,
});

type ResourceUpdate = z.infer<typeof resourceUpdateSchema>;

function entries<T>(map: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(map));
}

/**
 * Overwrites the parts that are given, each as a whole: a given `actions` map is all actions there are. Order matters:
 * roles refer to actions and relations of the same call.
 */
export function updateResource(env: EnvironmentState, row: ResourceRow, change: ResourceUpdate): ResourceRow {
  const updated = env.resources.put({
    ...row,
    ...given({
      name: change.name,
      urn: change.urn,
      description: change.description,
      type_attributes: change.type_attributes,
    }),
    attributes: change.attributes === undefined ? row.attributes : attributesOf(env, row, change.attributes ?? {}),
    updated_at: env.effects.now(),
  });
  if (change.actions !== undefined) replaceActions(env, row.key, entries(change.actions));
  if (change.relations !== undefined) replaceRelations(env, row.key, entries(change.relations ?? {}));
  if (change.roles !== undefined) replaceRoles(env, row.key, entries(change.roles ?? {}));
  return updated;
}

/** Makes a type that has nothing yet. */
export function createBareResource(env: EnvironmentState, key: string, name: string): ResourceRow {
  return env.resources.put({
    ...newStamp(env),
    key,
    name,
    description: null,
    urn: null,
    type_attributes: null,
    attributes: [],
  });
}

/** The types that every environment starts with. */
export function createBuiltInTypes(env: EnvironmentState): void {
  for (const [key, name] of builtInTypes) createBareResource(env, key, name);
}

/** Makes a resource type with everything the call names, or nothing. Throws 404 and 409. */
export function createResource(env: EnvironmentState, input: z.infer<typeof resourceCreateSchema>): ResourceRow {
  const { key, ...parts } = input;
  if (env.resources.byKey(key) !== undefined) throw duplicate("Resource", key);
  return updateResource(env, createBareResource(env, key, input.name), parts);
}

/** Removes a type and everything about it: instances, their facts, and what other types derive from it. */
export function deleteResource(env: EnvironmentState, row: ResourceRow): void {
  for (const instance of env.instances.by("resource", row.key)) deleteInstance(env, instance);
  for (const relation of env.relations.by("subjectResource", row.key)) deleteRelation(env, relation);
  for (const relation of env.relations.by("resource", row.key)) deleteRelation(env, relation);
  for (const role of env.roles.by("resource", row.key)) deleteRole(env, role);
  for (const group of env.actionGroups.by("resource", row.key)) env.actionGroups.delete(group.id);
  for (const action of env.actions.by("resource", row.key)) deleteAction(env, action);
  forgetResource(env, row.key);
  env.resources.delete(row.id);
}

/** An object whose keys are data: with a prototype, the key `__proto__` would set it instead. */
function dictionary<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const object: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) object[key] = value;
  return object;
}

/** `ResourceRead` of the API description. */
export function readResource(env: EnvironmentState, row: ResourceRow): object {
  const actions = env.actions.by("resource", row.key).map((action) => {
    const { id, key, name, description, attributes } = action;
    return [key, { id, key, name, description, attributes }] as const;
  });
  const relations = env.relations.by("resource", row.key).map((relation) => {
    const block = {
      description: relation.description,
      relation_name: relation.name,
      resource: relation.subject_resource,
      resource_id: env.resources.byKey(relation.subject_resource)?.id,
    };
    return [relation.key, block] as const;
  });
  return {
    ...stamped(env, row),
    key: row.key,
    name: row.name,
    urn: row.urn,
    description: row.description,
    type_attributes: row.type_attributes,
    attributes: dictionary(
      row.attributes.map(({ id, key, type, description }) => [key, { id, key, type, description }] as const),
    ),
    actions: dictionary(actions),
    roles: dictionary(env.roles.by("resource", row.key).map((role) => [role.key, readRole(env, role)] as const)),
    relations: dictionary(relations),
    action_groups: dictionary(
      env.actionGroups.by("resource", row.key).map(({ key, actions: grouped }) => [key, grouped] as const),
    ),
  };
}
