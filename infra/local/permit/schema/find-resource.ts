import { notFound } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { ResourceRow } from "../state/rows.ts";

/** Types that every environment has by itself, for the attributes of users and tenants. */
export const builtInTypes: ReadonlyMap<string, string> = new Map([
  ["__user", "User"],
  ["__tenant", "Tenant"],
]);

/** Finds a resource type, also a built-in one, whose attributes only can be changed. Throws 404. */
export function findAnyResource(env: EnvironmentState, idOrKey: string): ResourceRow {
  // Ids first: a key made later to look like an id must not take its place.
  const resource = env.resources.byId(idOrKey) ?? env.resources.byKey(idOrKey);
  if (resource === undefined) throw notFound("Resource", idOrKey);
  return resource;
}

/** Finds a resource type that is not built in. Throws 404. */
export function findResource(env: EnvironmentState, idOrKey: string): ResourceRow {
  const resource = findAnyResource(env, idOrKey);
  if (builtInTypes.has(resource.key)) throw notFound("Resource", idOrKey);
  return resource;
}
