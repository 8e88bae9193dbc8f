import type { z } from "zod";
import { type EnvironmentState, ref } from "../state/environment.ts";
import { findResource } from "./find-resource.ts";
import { createBareRole, findRole, replaceRole, type roleBulkSchema } from "./roles.ts";

/** `RoleCreateBulkOperationResult` of the API description: a tenant-level role by its key, any other as `type:key`. */
export interface BulkRoleReport {
  readonly created: readonly string[];
  readonly updated: readonly string[];
}

/**
 * Makes roles or replaces them, of any types and of the tenant level. All are there before the first one is filled, so
 * that they may extend and derive from each other in any order. Throws 404.
 */
export function upsertRoles(
  env: EnvironmentState,
  operations: readonly z.infer<typeof roleBulkSchema>[],
): BulkRoleReport {
  const created = new Set<string>();
  const updated = new Set<string>();
  const placed = operations.map(({ resource, key, ...block }) => {
    const type = resource == null ? null : findResource(env, resource).key;
    const name = type === null ? key : ref(type, key);
    if (env.roles.byKey(ref(type ?? "", key)) === undefined) {
      createBareRole(env, type, key, block);
      created.add(name);
    } else if (!created.has(name)) updated.add(name);
    return { type, key, block };
  });
  for (const { type, key, block } of placed) replaceRole(env, findRole(env, type, key), block);
  return { created: [...created], updated: [...updated] };
}
