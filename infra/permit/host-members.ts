import {
  defaultTenant,
  gatewayHostType,
  type HostMembersPlan,
  humanKey,
  instanceRef,
} from "@permit-mcp-gateway/policies";
import type { EnvironmentClient } from "./client.ts";
import { compareFacts, summarize } from "./fact-difference.ts";
import { allPages, assignmentsPerPageMax, inBulk, type ObjectHandler, type Step } from "./handler.ts";

/** A role that a user has on the `gateway_host` instance. */
export interface HostRole {
  readonly user: string;
  readonly role: string;
}

function assignments(host: string, roles: readonly HostRole[]) {
  return roles.map(({ user, role }) => ({
    user,
    role,
    tenant: defaultTenant,
    resource_instance: instanceRef(gatewayHostType, host),
  }));
}

/** The role assignments that make the members. */
export function toRequest(plan: HostMembersPlan) {
  return assignments(
    plan.host,
    Object.entries(plan.roles).flatMap(([role, emails]) => emails.map((email) => ({ user: humanKey(email), role }))),
  );
}

function unassignStep(client: EnvironmentClient, host: string, roles: readonly HostRole[]): Step[] {
  if (roles.length === 0) return [];
  return [
    {
      effect: "tighten",
      summary: `host ${host}: ${summarize(roles.map(({ user, role }) => `${user} loses ${role}`))}`,
      run: () => inBulk(assignments(host, roles), (batch) => client.api.roleAssignments.bulkUnassign(batch)),
    },
  ];
}

const identity = ({ user, role }: HostRole) => `${user} ${role}`;

export const hostMembers: ObjectHandler<EnvironmentClient, HostMembersPlan, readonly HostRole[]> = {
  read: async (client, plan) => {
    const found = await allPages(assignmentsPerPageMax, (page) =>
      client.api.roleAssignments.list({
        resourceInstance: instanceRef(gatewayHostType, plan.host),
        page,
        perPage: assignmentsPerPageMax,
      }),
    );
    return found.map(({ user, role }) => ({ user, role }));
  },
  steps: (client, actual = [], next) => {
    const { surplus, missing } = compareFacts(actual, toRequest(next), identity);
    const widening: Step[] =
      missing.length === 0
        ? []
        : [
            {
              effect: "widen",
              summary: `host ${next.host}: ${summarize(missing.map(({ user, role }) => `${user} becomes ${role}`))}`,
              run: () => inBulk(missing, (batch) => client.api.roleAssignments.bulkAssign(batch)),
            },
          ];
    return [...unassignStep(client, next.host, surplus), ...widening];
  },
  removal: (client, actual = [], plan) => unassignStep(client, plan.host, actual),
};
