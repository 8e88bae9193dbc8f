import { type HostModel, plan, type ResourceTypePlan } from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostModel, issuesServer } from "../testing/host-model.ts";
import { type Provisioning, startProvisioning } from "../testing/provisioning.ts";
import { resourceType } from "./resource-type.ts";
import { fromResource } from "./resource-type-read.ts";
import { toRequest } from "./resource-type-request.ts";

function typePlan(key: string, model: HostModel = hostModel()): ResourceTypePlan {
  const found = plan(model, today).find((object) => object.kind === "resource-type" && object.key === key);
  if (found?.kind !== "resource-type") throw new Error(`The plan has no type ${key}.`);
  return found;
}

let host: Provisioning;
beforeEach(async () => {
  host = await startProvisioning();
});
afterEach(() => host.close());

/** Runs the steps from what is there to `next`, and returns the writes made. */
async function converge(next: ResourceTypePlan): Promise<readonly string[]> {
  const client = await host.organization.environment(hostModel().permit);
  const before = host.requests.length;
  for (const step of resourceType.steps(client, await resourceType.read(client, next), next)) await step.run();
  return host.requests.slice(before);
}

test("one request says a whole type, derivations included", () => {
  expect(toRequest(typePlan("notes"))).toEqual({
    key: "notes",
    name: "notes",
    actions: {
      read_note: { name: "read_note", attributes: { tool: "read_note", trust: "low" } },
      write_note: { name: "write_note", attributes: { tool: "write_note", trust: "medium" } },
    },
    roles: {
      low: {
        name: "low",
        permissions: ["read_note"],
        granted_to: {
          users_with_role: [
            { role: "owner", on_resource: "user_profile", linked_by_relation: "low" },
            { role: "notes-low", on_resource: "user_profile", linked_by_relation: "low" },
            { role: "notes-medium", on_resource: "user_profile", linked_by_relation: "low" },
            { role: "notes-high", on_resource: "user_profile", linked_by_relation: "low" },
            { role: "notes-low", on_resource: "user_profile", linked_by_relation: "medium" },
            { role: "notes-low", on_resource: "user_profile", linked_by_relation: "high" },
          ],
        },
      },
      medium: {
        name: "medium",
        permissions: ["read_note", "write_note"],
        granted_to: {
          users_with_role: [
            { role: "owner", on_resource: "user_profile", linked_by_relation: "medium" },
            { role: "notes-medium", on_resource: "user_profile", linked_by_relation: "medium" },
            { role: "notes-high", on_resource: "user_profile", linked_by_relation: "medium" },
            { role: "notes-medium", on_resource: "user_profile", linked_by_relation: "high" },
          ],
        },
      },
      high: {
        name: "high",
        permissions: ["read_note", "write_note"],
        granted_to: {
          users_with_role: [
            { role: "owner", on_resource: "user_profile", linked_by_relation: "high" },
            { role: "notes-high", on_resource: "user_profile", linked_by_relation: "high" },
          ],
        },
      },
    },
    relations: { low: "user_profile", medium: "user_profile", high: "user_profile" },
  });
});

test("what Permit answers reads as the plan that was sent, and needs no step", async () => {
  await host.provision(hostModel());
  const sdk = await host.sdk(hostModel());
  const { kind: _, ...expected } = typePlan("issues");
  expect(fromResource(await sdk.api.resources.get("issues"))).toEqual(expected);
  expect(await converge(typePlan("issues"))).toEqual([]);
});

// Pulumi updates before it deletes, so consent roles go while the removed server's type is still there.
test("a role is removed only after every derivation that starts from it", async () => {
  await host.provision(hostModel());
  const alone = hostModel({ servers: [issuesServer], grants: [] });
  const rule = (level: string) => `DELETE schema/resources/notes/roles/${level}/implicit_grants`;
  expect(await converge(typePlan("user_profile", alone))).toEqual([
    ...Array.from({ length: 5 }, () => rule("low")),
    ...Array.from({ length: 3 }, () => rule("medium")),
    ...Array.from({ length: 1 }, () => rule("high")),
    "DELETE schema/resources/user_profile/roles/notes-low",
    "DELETE schema/resources/user_profile/roles/notes-medium",
    "DELETE schema/resources/user_profile/roles/notes-high",
  ]);
  const sdk = await host.sdk(hostModel());
  const notes = fromResource(await sdk.api.resources.get("notes"));
  expect(Object.values(notes.roles).flatMap((role) => role.grantedTo.map(({ role }) => role))).toEqual([
    "owner",
    "owner",
    "owner",
  ]);
});

test("a derivation, a role, a relation and a name that differ are repaired one by one", async () => {
  await host.provision(hostModel());
  const sdk = await host.sdk(hostModel());
  const { api } = sdk;
  await api.resourceRoles.deleteRoleDerivation("issues", "high", {
    role: "owner",
    on_resource: "user_profile",
    linked_by_relation: "high",
  });
  await api.resourceRoles.createRoleDerivation("issues", "high", {
    role: "issues-low",
    on_resource: "user_profile",
    linked_by_relation: "high",
  });
  await api.resourceRoles.create("issues", { key: "root", name: "root", permissions: ["delete_issue"] });
  await api.resourceRelations.create("issues", { key: "friend", name: "friend", subject_resource: "user_profile" });
  await api.resources.update("issues", { name: "Other" });
  expect(await converge(typePlan("issues"))).toEqual([
    "DELETE schema/resources/issues/roles/high/implicit_grants",
    "DELETE schema/resources/issues/roles/root",
    "DELETE schema/resources/issues/relations/friend",
    "PATCH schema/resources/issues",
    "POST schema/resources/issues/roles/high/implicit_grants",
  ]);
  expect(await converge(typePlan("issues"))).toEqual([]);
});
