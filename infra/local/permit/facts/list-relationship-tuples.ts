import { type EnvironmentState, ref, typeOf } from "../state/environment.ts";
import type { TupleRow } from "../state/rows.ts";

/** Keys or ids; null filters nothing. */
export interface TupleFilter {
  readonly subject: string | null;
  readonly relation: string | null;
  readonly object: string | null;
  readonly object_type: string | null;
  readonly subject_type: string | null;
  readonly tenant: string | null;
}

/** The tuples that fit every filter, oldest first. An unknown key fits nothing. */
export function listTuples(env: EnvironmentState, filter: TupleFilter): readonly TupleRow[] {
  const instanceRef = (idOrRef: string | null) => {
    const instance = idOrRef === null ? undefined : env.instances.byId(idOrRef);
    return instance === undefined ? idOrRef : ref(instance.resource, instance.key);
  };
  const subject = instanceRef(filter.subject);
  const object = instanceRef(filter.object);
  const typeKey = (idOrKey: string | null) => (idOrKey === null ? null : (env.resources.byId(idOrKey)?.key ?? idOrKey));
  const { relation } = filter;
  // An id names one relation, a key those of all types.
  const byId = relation === null ? undefined : env.relations.byId(relation);
  const isRelation = (tuple: TupleRow) =>
    byId === undefined
      ? tuple.relation === relation
      : tuple.relation === byId.key && typeOf(tuple.object) === byId.resource;
  const tenant = filter.tenant === null ? null : (env.tenants.byId(filter.tenant)?.key ?? filter.tenant);
  const subjectType = typeKey(filter.subject_type);
  const objectType = typeKey(filter.object_type);
  const candidates =
    subject !== null
      ? env.tuples.by("subject", subject)
      : object !== null
        ? env.tuples.by("object", object)
        : [...env.tuples];
  return candidates.filter(
    (tuple) =>
      (object === null || tuple.object === object) &&
      (relation === null || isRelation(tuple)) &&
      (tenant === null || tuple.tenant === tenant) &&
      (subjectType === null || typeOf(tuple.subject) === subjectType) &&
      (objectType === null || typeOf(tuple.object) === objectType),
  );
}
