import { notFound } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import { setRef } from "../state/references.ts";
import type { ConditionSetRow } from "../state/rows.ts";

/** Finds a set of a type by id or key. */
export function lookUpConditionSet(
  env: EnvironmentState,
  type: ConditionSetRow["type"],
  idOrKey: string,
): ConditionSetRow | undefined {
  const byId = env.conditionSets.byId(idOrKey);
  return byId?.type === type ? byId : env.conditionSets.byKey(setRef({ type, key: idOrKey }));
}

/** Finds a set by id or key; of a type, if one is given. Throws 404. */
export function findConditionSet(
  env: EnvironmentState,
  idOrKey: string,
  type?: ConditionSetRow["type"],
): ConditionSetRow {
  const set =
    type === undefined
      ? (lookUpConditionSet(env, "userset", idOrKey) ?? lookUpConditionSet(env, "resourceset", idOrKey))
      : lookUpConditionSet(env, type, idOrKey);
  if (set === undefined) throw notFound("Condition set", idOrKey);
  return set;
}

/** The sets above one, nearest first. */
export function ancestorsOf(env: EnvironmentState, set: ConditionSetRow): readonly ConditionSetRow[] {
  const ancestors: ConditionSetRow[] = [];
  for (let { parent } = set; parent !== null; ) {
    const above = findConditionSet(env, parent, set.type);
    ancestors.push(above);
    parent = above.parent;
  }
  return ancestors;
}
