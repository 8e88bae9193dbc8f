import type { EnvironmentPlan } from "@permit-mcp-gateway/policies";
import type { EnvironmentCreate } from "permitio";
import type { EnvironmentRef, OrganizationClient } from "./client.ts";
import { ifFound, type ObjectHandler } from "./handler.ts";

/** The environment in Permit's words. Its key can't be changed later, its name can. */
export function toRequest(plan: EnvironmentPlan): EnvironmentCreate {
  return { key: plan.key, name: plan.name };
}

/** The keys of a planned environment. */
export function environmentRef(plan: EnvironmentPlan): EnvironmentRef {
  return { project: plan.project, environment: plan.key };
}

export const environment: ObjectHandler<OrganizationClient, EnvironmentPlan, { readonly name: string }> = {
  read: async (client, plan) => {
    const api = await client.management();
    const found = await ifFound(api.environments.get(plan.project, plan.key));
    return found === undefined ? undefined : { name: found.name };
  },
  steps: (client, actual, next) => {
    if (actual === undefined) {
      return [
        {
          effect: "widen",
          summary: `environment ${next.project}/${next.key} created`,
          run: async () => {
            const api = await client.management();
            await api.environments.create(next.project, toRequest(next));
            client.forget(environmentRef(next));
          },
        },
      ];
    }
    if (actual.name === next.name) return [];
    return [
      {
        effect: "widen",
        summary: `environment ${next.project}/${next.key} named "${next.name}"`,
        run: async () => {
          const api = await client.management();
          await api.environments.update(next.project, next.key, { name: next.name });
        },
      },
    ];
  },
  removal: (client, actual, plan) =>
    actual === undefined
      ? []
      : [
          {
            effect: "tighten",
            summary: `environment ${plan.project}/${plan.key} deleted, with everything in it`,
            run: async () => {
              const api = await client.management();
              await ifFound(api.environments.delete(plan.project, plan.key));
              client.forget(environmentRef(plan));
            },
          },
        ],
};
