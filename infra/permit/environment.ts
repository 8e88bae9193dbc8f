import { type EnvironmentPlan, gatewayHostType, userProfileType } from "@permit-mcp-gateway/policies";
import type { EnvironmentCreate } from "permitio";
import type { EnvironmentRef, OrganizationClient } from "./client.ts";
import { ifFound, inBulk, type ObjectHandler, type Step } from "./handler.ts";
import { agentPrefix, humanPrefix, listUsers } from "./humans-read.ts";
import { provisionedServers } from "./provisioned-servers.ts";
import { deleteResourceTypeStep } from "./resource-type.ts";

/** Told in the environment itself, where it outlives a stack's state: what was not made here is not deleted here. */
const madeHere = "Made by permit-mcp-gateway";

/** An environment as Permit has it. */
export interface ActualEnvironment {
  readonly name: string;
  /** Whether a host made it. */
  readonly made: boolean;
}

/** The environment in Permit's words. Its key can't be changed later, its name can. */
export function toRequest(plan: EnvironmentPlan): EnvironmentCreate {
  return { key: plan.key, name: plan.name, description: madeHere };
}

/** The keys of a planned environment. */
export function environmentRef(plan: EnvironmentPlan): EnvironmentRef {
  return { project: plan.project, environment: plan.key };
}

/** Takes a host out of an environment that was there before it. */
async function removeHost(organization: OrganizationClient, ref: EnvironmentRef): Promise<void> {
  const client = await organization.environment(ref);
  // Profiles go first: with them every ceiling and consent, so that nothing is allowed from then on.
  const types = [userProfileType, gatewayHostType, ...(await provisionedServers(client))];
  for (const type of types) await deleteResourceTypeStep(client, type).run();
  const users = [...(await listUsers(client, humanPrefix)), ...(await listUsers(client, agentPrefix))]
    .map(({ key }) => key)
    .filter((key) => key.startsWith(humanPrefix) || key.startsWith(agentPrefix));
  await inBulk([...new Set(users)], (batch) => client.api.users.bulkUserDelete(batch));
}

function removalSteps(client: OrganizationClient, actual: ActualEnvironment, plan: EnvironmentPlan): readonly Step[] {
  const name = `${plan.project}/${plan.key}`;
  if (!actual.made) {
    const summary = `environment ${name} emptied: it was there before the host`;
    return [{ effect: "tighten", summary, run: () => removeHost(client, environmentRef(plan)) }];
  }
  return [
    {
      effect: "tighten",
      summary: `environment ${name} deleted, with everything in it`,
      run: async () => {
        const api = await client.management();
        await ifFound(api.environments.delete(plan.project, plan.key));
        client.forget(environmentRef(plan));
      },
    },
  ];
}

export const environment: ObjectHandler<OrganizationClient, EnvironmentPlan, ActualEnvironment> = {
  read: async (client, plan) => {
    const api = await client.management();
    const found = await ifFound(api.environments.get(plan.project, plan.key));
    return found === undefined ? undefined : { name: found.name, made: found.description === madeHere };
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
  removal: (client, actual, plan) => (actual === undefined ? [] : removalSteps(client, actual, plan)),
};
