import { describe, expect, test } from "vitest";
import { counts, may, twoHumans } from "./testing/two-humans.ts";

const env = twoHumans();
const tenant = "default";

describe("deleting takes along what refers to it, and nothing more", () => {
  test("a user", async () => {
    await env.permit.api.users.delete("a1");
    expect(await counts(env)).toEqual({ instances: 3, tuples: 2, assignments: 4 });
    expect(await may(env, "alice", "bob", "a1", "a2")).toEqual([true, true, false, true]);
  });

  test("an instance: its roles and tuples; made again, it has none", async () => {
    await env.permit.api.resourceInstances.delete("profile:alice");
    expect(await counts(env)).toEqual({ instances: 2, tuples: 1, assignments: 1 });
    await env.permit.api.resourceInstances.create({ resource: "profile", key: "alice", tenant });
    expect(await may(env, "alice", "a1", "bob")).toEqual([false, false, true]);
  });

  test("a role: its assignments and the rules that ask for it", async () => {
    await env.permit.api.resourceRoles.delete("profile", "linear-low");
    expect(await counts(env)).toEqual({ instances: 3, tuples: 2, assignments: 2 });
    const { granted_to } = await env.permit.api.resourceRoles.get("linear", "low");
    expect(granted_to?.users_with_role?.map(({ role }) => role)).toEqual(["owner"]);
    await env.permit.api.resourceRoles.create("profile", { key: "linear-low", name: "Low" });
    await env.permit.api.users.assignRole({
      user: "a1",
      role: "linear-low",
      resource_instance: "profile:alice",
      tenant,
    });
    expect(await may(env, "alice", "a1")).toEqual([true, false]);
  });

  test("a relation: its tuples and the rules along it", async () => {
    await env.permit.api.resourceRelations.delete("linear", "low");
    expect(await counts(env)).toEqual({ instances: 3, tuples: 0, assignments: 5 });
    expect((await env.permit.api.resourceRoles.get("linear", "low")).granted_to?.users_with_role).toEqual([]);
    expect(await may(env, "alice", "a1")).toEqual([false, false]);
  });

  test("a resource type that others derive from", async () => {
    await env.permit.api.resources.delete("profile");
    expect(await counts(env)).toEqual({ instances: 1, tuples: 0, assignments: 0 });
    const linear = await env.permit.api.resources.get("linear");
    expect(linear.relations).toEqual({});
    expect(linear.roles).toMatchObject({ low: { granted_to: { users_with_role: [] } } });
    expect(await may(env, "alice", "a1")).toEqual([false, false]);
  });

  test("a tenant: its instances and assignments", async () => {
    await env.permit.api.tenants.create({ key: "other", name: "Other" });
    await env.permit.api.resourceInstances.create({ resource: "profile", key: "elsewhere", tenant: "other" });
    await env.permit.api.tenants.delete("other");
    expect(await counts(env)).toEqual({ instances: 3, tuples: 2, assignments: 5 });
    await env.permit.api.tenants.delete("default");
    expect(await counts(env)).toEqual({ instances: 0, tuples: 0, assignments: 0 });
    expect(await may(env, "alice")).toEqual([false]);
  });
});
