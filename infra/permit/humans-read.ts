import { instanceRef, ownerRole, userProfileType } from "@permit-mcp-gateway/policies";
import type { EnvironmentClient } from "./client.ts";
import { allPages, assignmentsPerPageMax, perPageMax } from "./handler.ts";

/** What the key of every human's Permit user begins with. */
export const humanPrefix = "human|";
/** What the key of every agent's Permit user begins with. */
export const agentPrefix = "agent|";

/** An owner role on a profile. */
export interface Owner {
  readonly user: string;
  /** `user_profile:{key}` */
  readonly resource_instance: string;
}

/** Everything in Permit that makes the humans of a host. */
export interface ActualHumans {
  /** By user key. */
  readonly users: ReadonlyMap<
    string,
    { readonly email: string | null; readonly attributes: Readonly<Record<string, unknown>> }
  >;
  /** Attributes by profile key. */
  readonly profiles: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly owners: readonly Owner[];
}

/** Users whose key, address or name has `search` in it. */
export async function listUsers(client: EnvironmentClient, search: string) {
  return allPages(perPageMax, async (page) => {
    const { data } = await client.api.users.list({ search, page, perPage: perPageMax });
    return data;
  });
}

/** Reads users, profiles and owners: three listings, in pages. */
export async function readHumans(client: EnvironmentClient): Promise<ActualHumans> {
  const users = (await listUsers(client, humanPrefix))
    // The search looks into more than the key.
    .filter(({ key }) => key.startsWith(humanPrefix))
    .map(({ key, email, attributes }) => [key, { email: email ?? null, attributes: { ...attributes } }] as const);
  const profiles = await allPages(perPageMax, (page) =>
    client.api.resourceInstances.list({ resource: userProfileType, page, perPage: perPageMax }),
  );
  const assignments = await allPages(assignmentsPerPageMax, (page) =>
    client.api.roleAssignments.list({ role: ownerRole, page, perPage: assignmentsPerPageMax }),
  );
  return {
    users: new Map(users),
    profiles: new Map(
      profiles
        // Not trusted to have filtered: an instance of another type must never be taken for a profile and deleted.
        .filter(({ resource }) => resource === userProfileType)
        .map(({ key, attributes }) => [key, { ...attributes }] as const),
    ),
    owners: assignments.flatMap(({ user, role, resource_instance }) =>
      role === ownerRole && resource_instance?.startsWith(instanceRef(userProfileType, "")) === true
        ? [{ user, resource_instance }]
        : [],
    ),
  };
}

/** The agents that act for the human of this profile: the last part of their key is the profile's. */
export async function agentKeysOf(client: EnvironmentClient, profile: string): Promise<string[]> {
  const found = await listUsers(client, `|${profile}`);
  return found.map(({ key }) => key).filter((key) => key.startsWith(agentPrefix) && key.endsWith(`|${profile}`));
}
