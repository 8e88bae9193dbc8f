import { plan } from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { expect, test } from "vitest";
import { hostModel } from "../testing/host-model.ts";
import { exceededQuotas, permitPlans, quotaNeeds } from "./quotas.ts";

test("a host needs what its objects are", () => {
  const model = hostModel({ approvers: ["lead@example.com"] });
  expect(quotaNeeds(plan(model, today))).toEqual({
    // owner, three consents and three levels of two servers, and three of the host.
    roles: 1 + 2 * 6 + 3,
    resourceTypes: 4,
    users: 4,
    roleAssignments: 4 + 2,
    resourceInstances: 4 + 3,
    tuples: 4,
  });
});

test("each quota that is too small is named, with what is needed and what there is", () => {
  expect(exceededQuotas({ roles: 25, tuples: 2000 }, permitPlans.community)).toEqual([]);
  expect(exceededQuotas({ environments: 4, roles: 26, tuples: 2001 }, permitPlans.community)).toEqual([
    "environments: 4 needed, 3 available",
    "roles: 26 needed, 25 available",
    "relationship tuples: 2001 needed, 2000 available",
  ]);
});
