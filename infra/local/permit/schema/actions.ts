import { z } from "zod";
import { duplicate, notFound } from "../state/api-error.ts";
import { type EnvironmentState, ref } from "../state/environment.ts";
import { attributesSchema, firstVersionFields, keySchema, textSchema } from "../state/keys.ts";
import type { ActionRow } from "../state/rows.ts";
import { givenDescription, newStamp, stamped } from "../state/stamp.ts";
import { forgetPermission } from "./delete-condition-sets.ts";

/** An action inside a resource type's `actions` map. */
export const actionBlockSchema = z.strictObject({
  name: textSchema,
  description: textSchema,
  attributes: attributesSchema.nullish(),
  ...firstVersionFields.action,
});
export const actionCreateSchema = z.strictObject({
  key: keySchema,
  name: z.string(),
  description: textSchema,
  attributes: attributesSchema.nullish(),
  ...firstVersionFields.action,
});
export const actionUpdateSchema = z.strictObject({
  name: z.string().optional(),
  description: textSchema,
  attributes: attributesSchema.nullish(),
  ...firstVersionFields.action,
});

type ActionBlock = z.infer<typeof actionBlockSchema>;

/** Finds an action by id or key. Throws 404. */
export function findAction(env: EnvironmentState, resource: string, idOrKey: string): ActionRow {
  const byId = env.actions.byId(idOrKey);
  const action = byId?.resource === resource ? byId : env.actions.byKey(ref(resource, idOrKey));
  if (action === undefined) throw notFound("Action", idOrKey);
  return action;
}

/** Adds an action to a type. Throws 409. */
export function createAction(env: EnvironmentState, resource: string, key: string, block: ActionBlock): ActionRow {
  if (env.actions.byKey(ref(resource, key)) !== undefined) throw duplicate("Action", key);
  return env.actions.put({
    ...newStamp(env),
    resource,
    key,
    name: block.name ?? key,
    description: block.description ?? null,
    attributes: block.attributes ?? null,
  });
}

/** Overwrites the fields that are given. */
export function updateAction(
  env: EnvironmentState,
  row: ActionRow,
  change: z.infer<typeof actionUpdateSchema>,
): ActionRow {
  return env.actions.put({
    ...row,
    ...givenDescription(change),
    updated_at: env.effects.now(),
  });
}

/** Removes an action and the permissions to it: made anew under the same key, it must not be allowed to anyone. */
export function deleteAction(env: EnvironmentState, row: ActionRow): void {
  const permission = ref(row.resource, row.key);
  const drop = (resource: string, named: string) => {
    for (const role of env.roles.by("resource", resource)) {
      if (!role.permissions.includes(named)) continue;
      env.roles.put({ ...role, permissions: role.permissions.filter((other) => other !== named) });
    }
  };
  drop(row.resource, row.key);
  drop("", permission);
  for (const group of env.actionGroups.by("resource", row.resource)) {
    if (!group.actions.includes(row.key)) continue;
    env.actionGroups.put({ ...group, actions: group.actions.filter((other) => other !== row.key) });
  }
  forgetPermission(env, permission);
  env.actions.delete(row.id);
}

/** Makes `blocks` the whole set of a type's actions. Actions that stay keep their ids and permissions. */
export function replaceActions(
  env: EnvironmentState,
  resource: string,
  blocks: ReadonlyMap<string, ActionBlock>,
): void {
  for (const row of env.actions.by("resource", resource)) if (!blocks.has(row.key)) deleteAction(env, row);
  for (const [key, block] of blocks) {
    const row = env.actions.byKey(ref(resource, key));
    if (row === undefined) createAction(env, resource, key, block);
    else {
      const { name, description, attributes } = block;
      updateAction(env, row, {
        name: name ?? key,
        description: description ?? null,
        attributes: attributes ?? null,
      });
    }
  }
}

/** `ResourceActionRead` of the API description. */
export function readAction(env: EnvironmentState, row: ActionRow): object {
  return {
    ...stamped(env, row),
    key: row.key,
    name: row.name,
    description: row.description,
    attributes: row.attributes,
    permission_name: ref(row.resource, row.key),
    resource_id: env.resources.byKey(row.resource)?.id,
  };
}
