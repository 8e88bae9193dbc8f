import type { ResourceTypePlan } from "@permit-mcp-gateway/policies";
import type { EnvironmentClient } from "./client.ts";
import { ifFound, type ObjectHandler, type Step } from "./handler.ts";
import { type ActualResourceType, fromResource } from "./resource-type-read.ts";
import { toRequest } from "./resource-type-request.ts";
import { resourceTypeSteps } from "./resource-type-steps.ts";

/** Deletes a type with its instances, their tuples and role assignments. Missing is fine. */
export function deleteResourceTypeStep(client: EnvironmentClient, key: string): Step {
  return {
    effect: "tighten",
    summary: `resource type ${key} removed, with its instances and every grant on them`,
    run: () => ifFound(client.api.resources.delete(key)),
  };
}

export const resourceType: ObjectHandler<EnvironmentClient, ResourceTypePlan, ActualResourceType> = {
  read: async (client, plan) => {
    const resource = await ifFound(client.api.resources.get(plan.key));
    return resource === undefined ? undefined : fromResource(resource);
  },
  steps: (client, actual, next) =>
    actual === undefined
      ? [
          {
            effect: "widen",
            summary: `resource type ${next.key} created`,
            run: () => client.api.resources.create(toRequest(next)),
          },
        ]
      : resourceTypeSteps(client, actual, next),
  removal: (client, actual, plan) => (actual === undefined ? [] : [deleteResourceTypeStep(client, plan.key)]),
};
