import type { PermitObject } from "@permit-mcp-gateway/policies";
import type { EnvironmentClient, EnvironmentRef, OrganizationClient } from "./client.ts";
import { environment, environmentRef } from "./environment.ts";
import type { Step } from "./handler.ts";
import { type EnvironmentObject, inspect } from "./objects.ts";
import { provisionedServers } from "./provisioned-servers.ts";
import { deleteResourceTypeStep } from "./resource-type.ts";

/** What an apply did. */
export interface ApplyResult {
  /** Summaries of the steps run, in their order. Empty when Permit already agreed with the plan. */
  readonly changes: readonly string[];
}

/** Servers that Permit still has and the plan no longer. */
async function removedServers(client: EnvironmentClient, objects: readonly EnvironmentObject[]): Promise<string[]> {
  const planned = new Set(objects.flatMap((object) => (object.kind === "resource-type" ? [object.key] : [])));
  return (await provisionedServers(client)).filter((server) => !planned.has(server));
}

/**
 * Makes a Permit environment what the plan says, with the fewest writes. First everything that takes permissions away,
 * last object first; then everything that gives, in the plan's order: so wherever it breaks off, nobody may do more
 * than the old plan or the new one allows. Running it again continues, and writes nothing when all is in place.
 * Throws PermitRequestError.
 */
export async function applyPlan(
  organization: OrganizationClient,
  plan: readonly PermitObject[],
  options: { readonly onStep?: (summary: string) => void } = {},
): Promise<ApplyResult> {
  const changes: string[] = [];
  const run = async (steps: readonly Step[]) => {
    for (const step of steps) {
      options.onStep?.(step.summary);
      await step.run();
      changes.push(step.summary);
    }
  };
  const [host, ...rest] = plan;
  if (host?.kind !== "environment") throw new TypeError("A plan begins with its environment.");
  const objects = rest.filter((object): object is EnvironmentObject => object.kind !== "environment");
  await run(environment.steps(organization, await environment.read(organization, host), host));

  const client = await organization.environment(environmentRef(host));
  const gone = await removedServers(client, objects);
  const steps: (readonly Step[])[] = [];
  for (const object of objects) steps.push((await inspect(client, object)).steps);

  await run(gone.map((server) => deleteResourceTypeStep(client, server)));
  const withEffect = (effect: Step["effect"]) => steps.map((list) => list.filter((step) => step.effect === effect));
  await run(withEffect("tighten").toReversed().flat());
  await run(withEffect("widen").flat());
  return { changes };
}

/** The API key of a provisioned environment: what the gateway and the decision point are given. A secret. */
export function readEnvironmentKey(organization: OrganizationClient, host: EnvironmentRef): Promise<string> {
  return organization.environmentKey(host);
}
