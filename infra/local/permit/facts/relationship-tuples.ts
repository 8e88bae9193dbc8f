import { z } from "zod";
import { findRelation } from "../schema/relations.ts";
import { duplicate, invalid, notFound } from "../state/api-error.ts";
import { type EnvironmentState, ref, tupleKey, typeOf } from "../state/environment.ts";
import type { TupleRow } from "../state/rows.ts";
import { newStamp, stamped } from "../state/stamp.ts";
import { findTenant } from "./find-tenant.ts";
import { checkTenant, findInstance, findOrCreateInstance } from "./resource-instances.ts";

export const tupleDeleteSchema = z.strictObject({ subject: z.string(), relation: z.string(), object: z.string() });
export const tupleCreateSchema = tupleDeleteSchema.extend({ tenant: z.string().nullish() });

type TupleCreate = z.infer<typeof tupleCreateSchema>;
type TupleDelete = z.infer<typeof tupleDeleteSchema>;

function resolve(
  env: EnvironmentState,
  input: TupleCreate,
): Pick<TupleRow, "subject" | "relation" | "object" | "tenant"> {
  const tenant = input.tenant == null ? undefined : findTenant(env, input.tenant).key;
  const subject = findOrCreateInstance(env, input.subject, tenant);
  const object = findOrCreateInstance(env, input.object, tenant);
  const relation = findRelation(env, object.resource, input.relation);
  if (relation.subject_resource !== subject.resource) {
    throw invalid(
      `Relation '${relation.key}' of '${object.resource}' has subjects of type '${relation.subject_resource}', not '${subject.resource}'.`,
      "MISMATCH_RELATION_TYPE",
    );
  }
  // A tuple across tenants would carry roles from one tenant's objects to another's.
  checkTenant(subject, object.tenant);
  return {
    subject: ref(subject.resource, subject.key),
    relation: relation.key,
    object: ref(object.resource, object.key),
    tenant: object.tenant,
  };
}

/** Relates two instances. Throws 404, 400 when type or tenant do not fit, 409 when they are so related. */
export function createTuple(env: EnvironmentState, input: TupleCreate): TupleRow {
  const tuple = resolve(env, input);
  if (env.tuples.byKey(tupleKey(tuple)) !== undefined) throw duplicate("Relationship tuple", tupleKey(tuple));
  return env.tuples.put({ ...newStamp(env), ...tuple });
}

/** Relates many; those that exist are skipped. Throws 404 and 400. */
export function createTuples(env: EnvironmentState, inputs: readonly TupleCreate[]): void {
  for (const input of inputs) {
    if (env.tuples.byKey(tupleKey(resolve(env, input))) === undefined) createTuple(env, input);
  }
}

function lookUp(env: EnvironmentState, input: TupleDelete): TupleRow | undefined {
  const subject = findInstance(env, input.subject);
  const object = findInstance(env, input.object);
  return env.tuples.byKey(
    tupleKey({
      subject: ref(subject.resource, subject.key),
      relation: findRelation(env, object.resource, input.relation).key,
      object: ref(object.resource, object.key),
    }),
  );
}

/** Ends a relation between two instances. Throws 404 when there is none. */
export function deleteTuple(env: EnvironmentState, input: TupleDelete): void {
  const row = lookUp(env, input);
  if (row === undefined) throw notFound("Relationship tuple", tupleKey(input));
  env.tuples.delete(row.id);
}

/** Ends many relations; those that do not exist are skipped. Throws 404 for unknown instances and relations. */
export function deleteTuples(env: EnvironmentState, inputs: readonly TupleDelete[]): void {
  for (const input of inputs) {
    const row = lookUp(env, input);
    if (row !== undefined) env.tuples.delete(row.id);
  }
}

/** `RelationshipTupleRead` of the API description. */
export function readTuple(env: EnvironmentState, row: TupleRow): object {
  const object = env.instances.byKey(row.object);
  return {
    ...stamped(env, row),
    subject: row.subject,
    subject_id: env.instances.byKey(row.subject)?.id,
    relation: row.relation,
    relation_id: env.relations.byKey(ref(object?.resource ?? "", row.relation))?.id,
    object: row.object,
    object_id: object?.id,
    tenant: row.tenant,
    tenant_id: env.tenants.byKey(row.tenant)?.id,
  };
}

function readBlock(env: EnvironmentState, reference: string): object | undefined {
  const instance = env.instances.byKey(reference);
  if (instance === undefined) return undefined;
  const { key, tenant, resource, attributes } = instance;
  return { key, tenant, resource, attributes };
}

/** `RelationshipTupleDetailedRead` of the API description: with both instances, the relation and the tenant. */
export function readTupleDetailed(env: EnvironmentState, row: TupleRow): object {
  const relation = env.relations.byKey(ref(typeOf(row.object), row.relation));
  const tenant = env.tenants.byKey(row.tenant);
  return {
    ...readTuple(env, row),
    subject_details: readBlock(env, row.subject),
    relation_details: { key: row.relation, name: relation?.name, description: relation?.description },
    object_details: readBlock(env, row.object),
    tenant_details: {
      key: row.tenant,
      name: tenant?.name,
      description: tenant?.description,
      attributes: tenant?.attributes,
    },
  };
}
