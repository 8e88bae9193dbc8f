import { z } from "zod";
import { findResource } from "../schema/find-resource.ts";
import { duplicate, invalid, notFound } from "../state/api-error.ts";
import { type EnvironmentState, ref, typeOf } from "../state/environment.ts";
import { attributesSchema, keySchema } from "../state/keys.ts";
import type { InstanceRow } from "../state/rows.ts";
import { newStamp, stamped } from "../state/stamp.ts";
import { checkAttributes } from "./check-attributes.ts";
import { findTenant } from "./find-tenant.ts";

export const instanceCreateSchema = z.strictObject({
  key: keySchema,
  tenant: z.string(),
  resource: z.string(),
  attributes: attributesSchema.nullish(),
});
export const instanceUpdateSchema = z.strictObject({ attributes: attributesSchema.nullish() });

type InstanceCreate = z.infer<typeof instanceCreateSchema>;

function lookUp(env: EnvironmentState, idOrRef: string): InstanceRow | undefined {
  return env.instances.byId(idOrRef) ?? env.instances.byKey(idOrRef);
}

/** Finds an instance by id or `type:key`. Throws 404. */
export function findInstance(env: EnvironmentState, idOrRef: string): InstanceRow {
  const instance = lookUp(env, idOrRef);
  if (instance === undefined) throw notFound("Resource instance", idOrRef);
  return instance;
}

/** Throws 404 for an unknown type or tenant, 409 for an instance that exists, 400 for an attribute of the wrong type. */
export function createInstance(env: EnvironmentState, input: InstanceCreate): InstanceRow {
  const resource = findResource(env, input.resource).key;
  const tenant = findTenant(env, input.tenant).key;
  if (env.instances.byKey(ref(resource, input.key)) !== undefined) {
    throw duplicate("Resource instance", ref(resource, input.key));
  }
  const attributes = input.attributes ?? {};
  checkAttributes(env, resource, attributes);
  return env.instances.put({ ...newStamp(env), resource, key: input.key, tenant, attributes });
}

/**
 * The instance named by id or `type:key`; with a tenant it is made when missing, as Permit does for assignments and
 * tuples. Throws 404, and 400 when the key could not be one.
 */
export function findOrCreateInstance(env: EnvironmentState, idOrRef: string, tenant: string | undefined): InstanceRow {
  const known = lookUp(env, idOrRef);
  if (known !== undefined) return known;
  if (tenant === undefined || !idOrRef.includes(":")) throw notFound("Resource instance", idOrRef);
  const resource = typeOf(idOrRef);
  const key = keySchema.safeParse(idOrRef.slice(resource.length + 1));
  if (!key.success) throw invalid(`'${idOrRef}' is not 'type:key' with a key of letters, digits, '-' and '_'.`);
  return createInstance(env, { resource, key: key.data, tenant, attributes: undefined });
}

/** Overwrites the attributes as a whole when they are given. Throws 400 for one of the wrong type. */
export function updateInstance(
  env: EnvironmentState,
  row: InstanceRow,
  change: z.infer<typeof instanceUpdateSchema>,
): InstanceRow {
  const attributes = change.attributes === undefined ? row.attributes : (change.attributes ?? {});
  if (change.attributes !== undefined) checkAttributes(env, row.resource, attributes);
  return env.instances.put({ ...row, attributes, updated_at: env.effects.now() });
}

/**
 * Creates the instance or replaces its attributes. Throws 400 when it belongs to another tenant: its tuples and
 * assignments would silently cross over.
 */
export function upsertInstance(env: EnvironmentState, input: InstanceCreate): InstanceRow {
  const known = env.instances.byKey(ref(findResource(env, input.resource).key, input.key));
  if (known === undefined) return createInstance(env, input);
  checkTenant(known, findTenant(env, input.tenant).key);
  return updateInstance(env, known, { attributes: input.attributes ?? {} });
}

/** Throws 400 MISMATCH_RESOURCE_INSTANCES_TENANTS unless the instance belongs to `tenant`. */
export function checkTenant(instance: InstanceRow, tenant: string): void {
  if (instance.tenant === tenant) return;
  throw invalid(
    `Resource instance '${ref(instance.resource, instance.key)}' belongs to tenant '${instance.tenant}', not '${tenant}'.`,
    "MISMATCH_RESOURCE_INSTANCES_TENANTS",
  );
}

/** Removes an instance with the roles on it and the tuples from and to it. */
export function deleteInstance(env: EnvironmentState, row: InstanceRow): void {
  const instance = ref(row.resource, row.key);
  for (const assignment of env.assignments.by("instance", instance)) env.assignments.delete(assignment.id);
  for (const tuple of env.tuples.by("subject", instance)) env.tuples.delete(tuple.id);
  for (const tuple of env.tuples.by("object", instance)) env.tuples.delete(tuple.id);
  env.instances.delete(row.id);
}

/** `ResourceInstanceRead` of the API description. */
export function readInstance(env: EnvironmentState, row: InstanceRow): object {
  return {
    ...stamped(env, row),
    key: row.key,
    resource: row.resource,
    resource_id: env.resources.byKey(row.resource)?.id,
    tenant: row.tenant,
    tenant_id: env.tenants.byKey(row.tenant)?.id,
    attributes: row.attributes,
  };
}

/** `ResourceInstanceDetailedRead` of the API description: with the tuples from and to the instance. */
export function readInstanceDetailed(env: EnvironmentState, row: InstanceRow): object {
  const instance = ref(row.resource, row.key);
  const tuples = new Set([...env.tuples.by("subject", instance), ...env.tuples.by("object", instance)]);
  const relationships = [...tuples].map(({ subject, relation, object }) => ({ subject, relation, object }));
  return { ...readInstance(env, row), relationships };
}
