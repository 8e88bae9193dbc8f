import { defaultTenant, profileRef, type ServerGrantsPlan, serverRef } from "@permit-mcp-gateway/policies";
import type { EnvironmentClient } from "./client.ts";
import { compareFacts, summarize } from "./fact-difference.ts";
import { allPages, inBulk, type ObjectHandler, perPageMax, type Step } from "./handler.ts";

/** One relationship tuple on a server: `subject` (a profile) may reach `relation` (a ceiling). */
export interface CeilingTuple {
  readonly subject: string;
  readonly relation: string;
}

/** The tuples of a server's grants: one per human. */
export function toRequest(plan: ServerGrantsPlan) {
  return Object.entries(plan.ceilings).map(([email, ceiling]) => ({
    subject: profileRef(email),
    relation: ceiling,
    object: serverRef(plan.server),
    tenant: defaultTenant,
  }));
}

const identity = ({ subject, relation }: CeilingTuple) => `${subject} ${relation}`;

/** Tuples add up and the highest counts, so all that the plan does not name go, before any is made. */
function deleteStep(client: EnvironmentClient, server: string, tuples: readonly CeilingTuple[]): Step[] {
  if (tuples.length === 0) return [];
  const idents = tuples.map(({ subject, relation }) => ({ subject, relation, object: serverRef(server) }));
  return [
    {
      effect: "tighten",
      summary: `${server}: ${summarize(tuples.map(({ subject, relation }) => `${subject} loses ceiling ${relation}`))}`,
      run: () => inBulk(idents, (batch) => client.api.relationshipTuples.bulkUnRelationshipTuples(batch)),
    },
  ];
}

export const serverGrants: ObjectHandler<EnvironmentClient, ServerGrantsPlan, readonly CeilingTuple[]> = {
  read: async (client, plan) => {
    const tuples = await allPages(perPageMax, (page) =>
      client.api.relationshipTuples.list({ object: serverRef(plan.server), page, perPage: perPageMax }),
    );
    return tuples.map(({ subject, relation }) => ({ subject, relation }));
  },
  steps: (client, actual = [], next) => {
    const { surplus, missing } = compareFacts(actual, toRequest(next), identity);
    const gained = missing.map(({ subject, relation }) => `${subject} gets ceiling ${relation}`);
    const widening: Step[] =
      missing.length === 0
        ? []
        : [
            {
              effect: "widen",
              summary: `${next.server}: ${summarize(gained)}`,
              run: () => inBulk(missing, (batch) => client.api.relationshipTuples.bulkRelationshipTuples(batch)),
            },
          ];
    return [...deleteStep(client, next.server, surplus), ...widening];
  },
  removal: (client, actual = [], plan) => deleteStep(client, plan.server, actual),
};
