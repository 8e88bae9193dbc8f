import type { PermitObject } from "@permit-mcp-gateway/policies";

/** How many objects of a sort a Permit plan allows. */
export interface PermitQuotas {
  readonly environments: number;
  readonly roles: number;
  readonly resourceTypes: number;
  readonly users: number;
  readonly roleAssignments: number;
  readonly resourceInstances: number;
  readonly tuples: number;
}

/** The Permit plans that a stack can name. Permit's prices tell the figures of the free one; no other has any. */
export const permitPlans = {
  community: {
    environments: 3,
    roles: 25,
    resourceTypes: 50,
    users: 1000,
    roleAssignments: 2000,
    resourceInstances: 2000,
    tuples: 2000,
  },
  unlimited: undefined,
} as const satisfies Readonly<Record<string, PermitQuotas | undefined>>;

/** The name of a Permit plan. */
export type PermitPlanName = keyof typeof permitPlans;

const words: Readonly<Record<keyof PermitQuotas, string>> = {
  environments: "environments",
  roles: "roles",
  resourceTypes: "resource types",
  users: "users",
  roleAssignments: "role assignments",
  resourceInstances: "resource instances",
  tuples: "relationship tuples",
};

/** What a host needs of each quota but that of environments, before anybody has consented to anything. Pure. */
export function quotaNeeds(plan: readonly PermitObject[]): Omit<PermitQuotas, "environments"> {
  const count = (amount: (object: PermitObject) => number) => plan.reduce((sum, object) => sum + amount(object), 0);
  const humans = count((object) => (object.kind === "humans" ? object.emails.length : 0));
  return {
    roles: count((object) => (object.kind === "resource-type" ? Object.keys(object.roles).length : 0)),
    resourceTypes: count((object) => (object.kind === "resource-type" ? 1 : 0)),
    users: humans,
    roleAssignments:
      humans + count((object) => (object.kind === "host-members" ? Object.values(object.roles).flat().length : 0)),
    resourceInstances: humans + count((object) => (object.kind === "resource-instance" ? 1 : 0)),
    tuples: count((object) => (object.kind === "server-grants" ? Object.keys(object.ceilings).length : 0)),
  };
}

/** A phrase for each quota that is too small, for example `roles: 31 needed, 25 available`. */
export function exceededQuotas(needs: Partial<PermitQuotas>, quotas: PermitQuotas): readonly string[] {
  return (Object.keys(words) as (keyof PermitQuotas)[]).flatMap((quota) => {
    const needed = needs[quota] ?? 0;
    return needed <= quotas[quota] ? [] : [`${words[quota]}: ${needed} needed, ${quotas[quota]} available`];
  });
}
