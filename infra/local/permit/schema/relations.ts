import { z } from "zod";
import { duplicate, notFound } from "../state/api-error.ts";
import { type EnvironmentState, ref, typeOf } from "../state/environment.ts";
import { keySchema, textSchema } from "../state/keys.ts";
import type { RelationRow } from "../state/rows.ts";
import { newStamp, stamped } from "../state/stamp.ts";
import { findResource } from "./find-resource.ts";

export const relationCreateSchema = z.strictObject({
  key: keySchema,
  name: z.string(),
  description: textSchema,
  subject_resource: z.string(),
});

/** Finds a relation by id or key. Throws 404. */
export function findRelation(env: EnvironmentState, resource: string, idOrKey: string): RelationRow {
  const byId = env.relations.byId(idOrKey);
  const relation = byId?.resource === resource ? byId : env.relations.byKey(ref(resource, idOrKey));
  if (relation === undefined) throw notFound("Relation", idOrKey);
  return relation;
}

/** Declares a relation on the type of its objects. Throws 404 for an unknown subject type, 409 for a known key. */
export function createRelation(
  env: EnvironmentState,
  resource: string,
  relation: z.infer<typeof relationCreateSchema>,
): RelationRow {
  if (env.relations.byKey(ref(resource, relation.key)) !== undefined) throw duplicate("Relation", relation.key);
  return env.relations.put({
    ...newStamp(env),
    resource,
    key: relation.key,
    name: relation.name,
    description: relation.description ?? null,
    subject_resource: findResource(env, relation.subject_resource).key,
  });
}

/** Removes a relation with its tuples and the derivations along it. */
export function deleteRelation(env: EnvironmentState, row: RelationRow): void {
  for (const tuple of env.tuples) {
    if (tuple.relation === row.key && typeOf(tuple.object) === row.resource) env.tuples.delete(tuple.id);
  }
  for (const role of env.roles.by("resource", row.resource)) {
    const { granted_to } = role;
    if (granted_to === null) continue;
    const rules = granted_to.rules.filter((rule) => rule.linked_by_relation !== row.key);
    if (rules.length < granted_to.rules.length) env.roles.put({ ...role, granted_to: { ...granted_to, rules } });
  }
  env.relations.delete(row.id);
}

/** Makes `subjects` (relation key -> subject type) the whole set of a type's relations. */
export function replaceRelations(env: EnvironmentState, resource: string, subjects: ReadonlyMap<string, string>): void {
  for (const row of env.relations.by("resource", resource)) {
    const subject = subjects.get(row.key);
    // Another subject type makes it another relation: its tuples no longer fit.
    if (subject === undefined || findResource(env, subject).key !== row.subject_resource) deleteRelation(env, row);
  }
  for (const [key, subject_resource] of subjects) {
    if (env.relations.byKey(ref(resource, key)) !== undefined) continue;
    createRelation(env, resource, { key, name: key, subject_resource });
  }
}

/** `RelationRead` of the API description. */
export function readRelation(env: EnvironmentState, row: RelationRow): object {
  return {
    ...stamped(env, row),
    key: row.key,
    name: row.name,
    description: row.description,
    object_resource: row.resource,
    object_resource_id: env.resources.byKey(row.resource)?.id,
    subject_resource: row.subject_resource,
    subject_resource_id: env.resources.byKey(row.subject_resource)?.id,
  };
}
