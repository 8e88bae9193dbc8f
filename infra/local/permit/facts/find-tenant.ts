import { notFound } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { TenantRow } from "../state/rows.ts";

/** Finds a tenant by id or key. Throws 404. */
export function findTenant(env: EnvironmentState, idOrKey: string): TenantRow {
  const tenant = env.tenants.byId(idOrKey) ?? env.tenants.byKey(idOrKey);
  if (tenant === undefined) throw notFound("Tenant", idOrKey);
  return tenant;
}
