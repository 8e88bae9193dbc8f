import { beforeEach, expect } from "vitest";
import { type FreshEnvironment, freshEnvironment } from "./fresh-environment.ts";

const tenant = "default";

/** How many facts there are. */
export async function counts({ permit }: FreshEnvironment): Promise<object> {
  return {
    instances: (await permit.api.resourceInstances.list()).length,
    tuples: (await permit.api.relationshipTuples.list({})).length,
    assignments: (await permit.api.roleAssignments.list({})).length,
  };
}

/** Which of the users may list on the server. */
export function may({ permit }: FreshEnvironment, ...users: string[]): Promise<readonly boolean[]> {
  return permit.bulkCheck(users.map((user) => ({ user, action: "list", resource: { type: "linear", key: "linear" } })));
}

/** Registers hooks that give each test two humans with profiles and ceilings on one server, and three agents of the first. */
export function twoHumans(): FreshEnvironment {
  const environment = freshEnvironment();
  beforeEach(async () => {
    const { api } = environment.permit;
    await api.resources.create({
      key: "profile",
      name: "Profile",
      actions: {},
      roles: { owner: { name: "Owner" }, "linear-low": { name: "Low" } },
    });
    const users_with_role = [
      { role: "owner", on_resource: "profile", linked_by_relation: "low" },
      { role: "linear-low", on_resource: "profile", linked_by_relation: "low" },
    ];
    await api.resources.create({
      key: "linear",
      name: "Linear",
      actions: { list: {} },
      relations: { low: "profile" },
      roles: { low: { name: "Low", permissions: ["list"], granted_to: { users_with_role } } },
    });
    await api.users.bulkUserCreate(["alice", "bob", "a1", "a2", "a3"].map((key) => ({ key })));
    await api.relationshipTuples.bulkRelationshipTuples(
      ["alice", "bob"].map((key) => ({ subject: `profile:${key}`, relation: "low", object: "linear:linear", tenant })),
    );
    await api.roleAssignments.bulkAssign([
      ...["alice", "bob"].map((user) => ({ user, role: "owner", resource_instance: `profile:${user}`, tenant })),
      ...["a1", "a2", "a3"].map((user) => ({ user, role: "linear-low", resource_instance: "profile:alice", tenant })),
    ]);
    expect(await counts(environment)).toEqual({ instances: 3, tuples: 2, assignments: 5 });
    expect(await may(environment, "alice", "bob", "a1", "a2", "a3")).toEqual([true, true, true, true, true]);
  });

  return environment;
}
