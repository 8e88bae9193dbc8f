import { notFound } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { ResourceRow } from "../state/rows.ts";

/** Finds a resource type. Ids first: a key made later to look like an id must not take its place. Throws 404. */
export function findResource(env: EnvironmentState, idOrKey: string): ResourceRow {
  const resource = env.resources.byId(idOrKey) ?? env.resources.byKey(idOrKey);
  if (resource === undefined) throw notFound("Resource", idOrKey);
  return resource;
}
