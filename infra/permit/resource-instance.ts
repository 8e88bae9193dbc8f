import { isDeepStrictEqual } from "node:util";
import { defaultTenant, instanceRef, type ResourceInstancePlan } from "@permit-mcp-gateway/policies";
import type { EnvironmentClient, InstanceRequest } from "./client.ts";
import { ifFound, type ObjectHandler } from "./handler.ts";

/** The instance in Permit's words. */
export function toRequest(plan: ResourceInstancePlan): InstanceRequest {
  return {
    resource: plan.resource,
    key: plan.key,
    tenant: defaultTenant,
    attributes: { ...plan.attributes },
  };
}

export const resourceInstance: ObjectHandler<
  EnvironmentClient,
  ResourceInstancePlan,
  { readonly attributes: Readonly<Record<string, unknown>> }
> = {
  read: async (client, plan) => {
    const found = await ifFound(client.api.resourceInstances.get(instanceRef(plan.resource, plan.key)));
    return found === undefined ? undefined : { attributes: { ...found.attributes } };
  },
  steps: (client, actual, next) => {
    const ref = instanceRef(next.resource, next.key);
    if (actual === undefined) {
      return [
        {
          effect: "widen",
          summary: `instance ${ref} created`,
          run: () => client.api.resourceInstances.create(toRequest(next)),
        },
      ];
    }
    if (isDeepStrictEqual(actual.attributes, { ...next.attributes })) return [];
    return [
      {
        effect: "widen",
        summary: `attributes of ${ref} changed`,
        // Attributes are overwritten as a whole, so that one taken out of the policy is gone.
        run: () => client.api.resourceInstances.update(ref, { attributes: { ...next.attributes } }),
      },
    ];
  },
  removal: (client, actual, plan) => {
    const ref = instanceRef(plan.resource, plan.key);
    if (actual === undefined) return [];
    return [
      {
        effect: "tighten",
        summary: `instance ${ref} removed, with its grants`,
        run: () => ifFound(client.api.resourceInstances.delete(ref)),
      },
    ];
  },
};
