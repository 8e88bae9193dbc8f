import type { EnvironmentRef, OrganizationClient } from "../client.ts";
import { environment } from "../environment.ts";
import { provisionedHosts } from "../provisioned-servers.ts";
import { type EnvironmentInputs, environmentPlan } from "./environment.ts";

const nameOf = ({ project, environment }: EnvironmentRef) => `The Permit environment ${project}/${environment}`;

/**
 * Why a stack must not begin with this environment, as a sentence; undefined when it may: when there is none, when it is
 * empty, or when `adopt` is set and what is in it is this very host. An environment with anything else in it is another
 * stack's, and two would take each other's objects away.
 */
export async function takeoverRefusal(
  organization: OrganizationClient,
  inputs: EnvironmentInputs,
  adopt: boolean,
): Promise<string | undefined> {
  const found = await environment.read(organization, environmentPlan(inputs));
  if (found === undefined) return undefined;
  const client = await organization.environment(inputs);
  if ((await client.api.resources.list({ page: 1, perPage: 1 })).length === 0) return undefined;
  const hosts = (await provisionedHosts(client)).map(({ key }) => key);
  const own = hosts.length === 0 ? found.made : hosts.every((host) => host === inputs.host);
  if (adopt && own) return undefined;
  const advice = own
    ? "If its stack's state is lost, set permit-mcp-gateway:adopt to true to take it over."
    : "Choose another key under permit in host.yaml, or empty the environment in Permit.";
  const what = hosts.length > 0 ? `host ${hosts.join(", ")}` : "resource types that this stack did not make";
  return `${nameOf(inputs)} is in use: it has ${what} in it. ${advice}`;
}
