import { gatewayHostType, hostAttributesSchema, trustLevels, userProfileType } from "@permit-mcp-gateway/policies";
import type { EnvironmentClient } from "./client.ts";
import { allPages, ifFound, perPageMax } from "./handler.ts";
import { fromResource } from "./resource-type-read.ts";

/** The hosts of an environment: its `gateway_host` instances. */
export async function provisionedHosts(client: EnvironmentClient) {
  const listing = allPages(perPageMax, (page) =>
    client.api.resourceInstances.list({ resource: gatewayHostType, page, perPage: perPageMax }),
  );
  // Not trusted to have filtered.
  return ((await ifFound(listing)) ?? []).filter(({ resource }) => resource === gatewayHostType);
}

/**
 * The servers of the host that an environment has: those that its settings list, and those with consent roles. The
 * roles are the first thing made for a server and the last removed, so they also tell of a broken-off run. Sorted.
 */
export async function provisionedServers(client: EnvironmentClient): Promise<readonly string[]> {
  const known = new Set<string>();
  for (const { attributes } of await provisionedHosts(client)) {
    const listed = hostAttributesSchema.pick({ servers: true }).safeParse(attributes);
    for (const server of listed.data?.servers ?? []) known.add(server);
  }
  const profile = await ifFound(client.api.resources.get(userProfileType));
  const roles = profile === undefined ? [] : Object.keys(fromResource(profile).roles);
  for (const role of roles) {
    const level = trustLevels.find((level) => role.endsWith(`-${level}`));
    if (level !== undefined) known.add(role.slice(0, -level.length - 1));
  }
  return [...known].toSorted();
}
