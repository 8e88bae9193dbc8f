import { z } from "zod";
import { setOfResource, setOfRole } from "../schema/condition-sets.ts";
import { findConditionSet } from "../schema/find-condition-set.ts";
import { findResource } from "../schema/find-resource.ts";
import { findRole } from "../schema/roles.ts";
import { invalid, notFound } from "../state/api-error.ts";
import { type EnvironmentState, ref, setRuleKey } from "../state/environment.ts";
import { typeOf } from "../state/references.ts";
import type { SetRuleRow } from "../state/rows.ts";
import { newStamp, stamped } from "../state/stamp.ts";

/** Body of both POST and DELETE. */
export const setRuleSchema = z.strictObject({
  user_set: z.string(),
  permission: z.string(),
  resource_set: z.string(),
  is_role: z.boolean().default(false),
  is_resource: z.boolean().default(false),
});

type SetRuleInput = z.infer<typeof setRuleSchema>;

/** `type:action` of a permission that is named so or by the action's id. Throws 404. */
function resolvePermission(env: EnvironmentState, named: string): string {
  const action = env.actions.byId(named) ?? env.actions.byKey(named);
  if (action === undefined) throw notFound("Action", named);
  return ref(action.resource, action.key);
}

function resolve(env: EnvironmentState, input: SetRuleInput): Parameters<typeof setRuleKey>[0] {
  const permission = resolvePermission(env, input.permission);
  const users = input.is_role
    ? setOfRole(env, findRole(env, null, input.user_set))
    : findConditionSet(env, input.user_set, "userset");
  const resources = input.is_resource
    ? setOfResource(env, findResource(env, input.resource_set))
    : findConditionSet(env, input.resource_set, "resourceset");
  if (resources.resource !== null && resources.resource !== typeOf(permission)) {
    throw invalid(`'${resources.key}' is a set of '${resources.resource}'; '${permission}' could never be used on it.`);
  }
  return { user_set: users.key, permission, resource_set: resources.key };
}

/** Permits a user set something on a resource set, once: a rule that exists is returned. Throws 404 and 400. */
export function createSetRule(env: EnvironmentState, input: SetRuleInput): SetRuleRow {
  const key = resolve(env, input);
  return env.setRules.byKey(setRuleKey(key)) ?? env.setRules.put({ ...newStamp(env), ...key });
}

/** Takes a permission back; one that is not given is skipped. Throws 404 for unknown sets and actions. */
export function deleteSetRule(env: EnvironmentState, input: SetRuleInput): void {
  const row = env.setRules.byKey(setRuleKey(resolve(env, input)));
  if (row !== undefined) env.setRules.delete(row.id);
}

/** Each a key or an id; null filters nothing. A permission may also be named by its action's key alone. */
export interface SetRuleFilter {
  readonly user_set: string | null;
  readonly permission: string | null;
  readonly resource_set: string | null;
}

/** The rules that fit every filter, oldest first. An unknown key fits nothing. */
export function listSetRules(env: EnvironmentState, filter: SetRuleFilter): readonly SetRuleRow[] {
  const setKeyOf = (named: string) => env.conditionSets.byId(named)?.key ?? named;
  const action = filter.permission === null ? undefined : env.actions.byId(filter.permission);
  const permission = action === undefined ? filter.permission : ref(action.resource, action.key);
  return [...env.setRules].filter(
    (rule) =>
      (filter.user_set === null || rule.user_set === setKeyOf(filter.user_set)) &&
      (permission === null || rule.permission === permission || rule.permission.endsWith(`:${permission}`)) &&
      (filter.resource_set === null || rule.resource_set === setKeyOf(filter.resource_set)),
  );
}

/** `ConditionSetRuleRead` of the API description. */
export function readSetRule(env: EnvironmentState, row: SetRuleRow): object {
  const { user_set, permission, resource_set } = row;
  return {
    ...stamped(env, row),
    key: `${user_set}_can_${permission.replace(":", "_")}_${resource_set}`,
    user_set,
    permission,
    resource_set,
  };
}
