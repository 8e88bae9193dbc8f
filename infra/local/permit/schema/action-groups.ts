import { z } from "zod";
import { duplicate, notFound } from "../state/api-error.ts";
import { type EnvironmentState, ref } from "../state/environment.ts";
import { attributesSchema, keySchema, textSchema } from "../state/keys.ts";
import type { ActionGroupRow } from "../state/rows.ts";
import { givenDescription, newStamp, stamped } from "../state/stamp.ts";
import { findAction } from "./actions.ts";

const optionalParts = {
  description: textSchema,
  attributes: attributesSchema.nullish(),
  actions: z.array(z.string()).nullish(),
};
export const actionGroupCreateSchema = z.strictObject({ key: keySchema, name: z.string(), ...optionalParts });
export const actionGroupUpdateSchema = z.strictObject({ name: z.string().optional(), ...optionalParts });

/** Finds an action group of a type by id or key. Throws 404. */
export function findActionGroup(env: EnvironmentState, resource: string, idOrKey: string): ActionGroupRow {
  const byId = env.actionGroups.byId(idOrKey);
  const group = byId?.resource === resource ? byId : env.actionGroups.byKey(ref(resource, idOrKey));
  if (group === undefined) throw notFound("Action group", idOrKey);
  return group;
}

function actionKeys(env: EnvironmentState, resource: string, named: readonly string[]): readonly string[] {
  return [...new Set(named.map((action) => findAction(env, resource, action).key))];
}

/** Groups actions of a type. Throws 404 for an unknown action, 409 for a known key. */
export function createActionGroup(
  env: EnvironmentState,
  resource: string,
  input: z.infer<typeof actionGroupCreateSchema>,
): ActionGroupRow {
  if (env.actionGroups.byKey(ref(resource, input.key)) !== undefined) throw duplicate("Action group", input.key);
  return env.actionGroups.put({
    ...newStamp(env),
    resource,
    key: input.key,
    name: input.name,
    description: input.description ?? null,
    attributes: input.attributes ?? null,
    actions: actionKeys(env, resource, input.actions ?? []),
  });
}

/** Overwrites the fields that are given. Throws 404 for an unknown action. */
export function updateActionGroup(
  env: EnvironmentState,
  row: ActionGroupRow,
  change: z.infer<typeof actionGroupUpdateSchema>,
): ActionGroupRow {
  return env.actionGroups.put({
    ...row,
    ...givenDescription(change),
    actions: change.actions === undefined ? row.actions : actionKeys(env, row.resource, change.actions ?? []),
    updated_at: env.effects.now(),
  });
}

/** `ResourceActionGroupRead` of the API description. */
export function readActionGroup(env: EnvironmentState, row: ActionGroupRow): object {
  return {
    ...stamped(env, row),
    key: row.key,
    name: row.name,
    description: row.description,
    attributes: row.attributes,
    actions: row.actions,
    resource_id: env.resources.byKey(row.resource)?.id,
  };
}
