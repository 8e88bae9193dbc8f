import { Permit as PermitClient } from "permitio";
import { describe, expect, test } from "vitest";
import { send } from "./testing/raw-http.ts";
import { counts, may, twoHumans } from "./testing/two-humans.ts";

const env = twoHumans();
const tenant = "default";

describe("a bulk call that fails half-way changes nothing", () => {
  test("role assignments, with the instances that it would have made", async () => {
    const assignment = { role: "linear-low", resource_instance: "profile:new", tenant };
    const operations = [
      { ...assignment, user: "a1" },
      { ...assignment, user: "nobody" },
    ];
    expect(await env.facts("POST", "/role_assignments/bulk", operations)).toMatchObject({ status: 404 });
    expect(await counts(env)).toEqual({ instances: 3, tuples: 2, assignments: 5 });
  });

  test("users and instances", async () => {
    expect(await env.facts("POST", "/bulk/users", { operations: [{ key: "new" }, { key: "alice" }] })).toMatchObject({
      status: 409,
    });
    expect(await env.facts("DELETE", "/bulk/users", { idents: ["alice", "nobody"] })).toMatchObject({ status: 404 });
    const instance = { resource: "profile", tenant };
    const operations = [
      { ...instance, key: "new" },
      { ...instance, key: "alice", tenant: "nowhere" },
    ];
    expect(await env.facts("PUT", "/bulk/resource_instances", { operations })).toMatchObject({ status: 404 });
    expect((await env.permit.api.users.list()).data.map(({ key }) => key)).toEqual(["alice", "bob", "a1", "a2", "a3"]);
    expect(await counts(env)).toEqual({ instances: 3, tuples: 2, assignments: 5 });
    expect(await may(env, "alice", "a1")).toEqual([true, true]);
  });
});

describe("bulk calls", () => {
  test("say how many they changed, and may be repeated", async () => {
    const revoked = ["a1", "a2"].map((user) => ({
      user,
      role: "linear-low",
      resource_instance: "profile:alice",
      tenant,
    }));
    expect(await env.permit.api.roleAssignments.bulkUnassign(revoked)).toEqual({ assignments_removed: 2 });
    expect(await env.permit.api.roleAssignments.bulkUnassign(revoked)).toEqual({ assignments_removed: 0 });
    expect(await may(env, "a1", "a2", "a3")).toEqual([false, false, true]);
    expect(await env.permit.api.roleAssignments.bulkAssign(revoked)).toEqual({ assignments_created: 2 });
    expect(await env.permit.api.roleAssignments.bulkAssign(revoked)).toEqual({ assignments_created: 0 });
  });

  test("tuples, users and instances", async () => {
    const tuple = { subject: "profile:bob", relation: "low", object: "linear:linear" };
    await env.permit.api.relationshipTuples.bulkUnRelationshipTuples([tuple]);
    expect(await may(env, "alice", "bob")).toEqual([true, false]);
    await env.permit.api.relationshipTuples.bulkRelationshipTuples([tuple]);
    expect(await may(env, "alice", "bob")).toEqual([true, true]);
    await env.permit.api.users.bulkUserReplace([{ key: "bob", email: "bob@example.com" }, { key: "new" }]);
    expect(await env.permit.api.users.get("bob")).toMatchObject({ email: "bob@example.com" });
    expect(await may(env, "bob", "new")).toEqual([true, false]);
    expect(await env.facts("DELETE", "/bulk/resource_instances", { idents: ["profile:bob"] })).toMatchObject({
      status: 200,
    });
    expect(await may(env, "bob")).toEqual([false]);
  });
});

describe("lists", () => {
  const users = async (query: string) =>
    ((await env.facts("GET", `/role_assignments?${query}`)).body as { user: string }[]).map(({ user }) => user);

  test("role assignments by user, role, type, instance and tenant, which all must fit", async () => {
    expect(await users("user=a1")).toEqual(["a1"]);
    expect(await users("user=a1&user=bob")).toEqual(["bob", "a1"]);
    expect(await users("role=owner")).toEqual(["alice", "bob"]);
    expect(await users("resource_instance=profile:alice")).toEqual(["alice", "a1", "a2", "a3"]);
    expect(await users("resource_instance=profile:alice&role=owner")).toEqual(["alice"]);
    expect(await users("resource=profile&per_page=1")).toEqual(["alice"]);
    expect(await users("resource=linear")).toEqual([]);
    expect(await users("tenant=other")).toEqual([]);
    expect(await users("user=nobody")).toEqual([]);
    expect(await users("page=2&per_page=2")).toEqual(["a1", "a2"]);
    expect(await users("page=9&per_page=2")).toEqual([]);
  });

  test("with totals and details", async () => {
    expect(await env.facts("GET", "/role_assignments?include_total_count=true&per_page=2")).toMatchObject({
      body: { data: [{ user: "alice" }, { user: "bob" }], total_count: 5, page_count: 3 },
    });
    expect(await env.facts("GET", "/role_assignments?detailed=true&user=a1")).toMatchObject({
      body: [
        {
          user: { key: "a1" },
          role: { key: "linear-low", name: "Low" },
          tenant: { key: "default" },
          resource_instance: { key: "alice", resource: "profile" },
        },
      ],
    });
  });

  test("tuples by subject, object, relation and types", async () => {
    const subjects = async (query: string) =>
      ((await env.facts("GET", `/relationship_tuples?${query}`)).body as { subject: string }[]).map(
        ({ subject }) => subject,
      );
    expect(await subjects("subject=profile:bob")).toEqual(["profile:bob"]);
    expect(await subjects("object=linear:linear&relation=low")).toEqual(["profile:alice", "profile:bob"]);
    expect(await subjects("relation=high")).toEqual([]);
    expect(await subjects("subject_type=profile&object_type=linear&tenant=default")).toHaveLength(2);
    expect(await subjects("object_type=profile")).toEqual([]);
  });

  test("users by text, with their roles", async () => {
    await env.permit.api.users.update("alice", { email: "alice@example.com" });
    expect((await env.permit.api.users.list({ search: "@EXAMPLE" })).data.map(({ key }) => key)).toEqual(["alice"]);
    expect(await env.facts("GET", "/users?search=a1&include_resource_instance_roles=true")).toMatchObject({
      body: {
        total_count: 1,
        data: [
          {
            roles: [],
            associated_tenants: [
              {
                tenant: "default",
                resource_instance_roles: [{ role: "linear-low", resource: "profile", resource_instance: "alice" }],
              },
            ],
          },
        ],
      },
    });
  });

  test("decisions, newest first", async () => {
    const path = `/v2/pdps/${env.path}/audit_logs`;
    await env.permit.check("a1", "list", "linear:linear");
    await env.permit.check("nobody", "list", "linear:linear");
    const { body } = await send(env.url, env.secret, "GET", `${path}?per_page=2`);
    expect(body).toMatchObject({
      data: [
        { user_key: "nobody", action: "list", resource_type: "linear", tenant: "default", decision: false },
        { user_key: "a1", action: "list", resource_type: "linear", tenant: "default", decision: true },
      ],
    });
    expect(await send(env.url, env.secret, "GET", `${path}?decision=false&users=nobody`)).toMatchObject({
      body: { total_count: 1, pagination_count: 1 },
    });
  });
});

test("a write through the facts proxy is decided by at once", async () => {
  const proxied = new PermitClient({
    token: env.secret,
    apiUrl: env.url,
    pdp: env.url,
    timeout: 10_000,
    proxyFactsViaPdp: true,
    factsSyncTimeout: 5,
  });
  const consent = { user: "fresh", role: "linear-low", resource_instance: "profile:alice", tenant };
  for (let round = 0; round < 20; round += 1) {
    await proxied.api.users.sync({ key: "fresh" });
    await proxied.api.users.waitForSync(5).assignRole(consent);
    expect(await may(env, "fresh")).toEqual([true]);
    await proxied.api.users.unassignRole(consent);
    expect(await may(env, "fresh")).toEqual([false]);
  }
});

test("an id is not a way round: a key that looks like another's id does not take its place", async () => {
  const { id } = await env.permit.api.users.get("bob");
  await env.permit.api.users.create({ key: id });
  await env.permit.api.users.update(id, { first_name: "Changed" });
  expect(await env.permit.api.users.get("bob")).toMatchObject({ first_name: "Changed" });
  expect(await may(env, id)).toEqual([false]);
});
