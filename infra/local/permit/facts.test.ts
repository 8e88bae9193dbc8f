import type { Permit } from "permitio";
import { Permit as PermitClient } from "permitio";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { send } from "./testing/raw-http.ts";
import { newEnvironment } from "./testing/sdk.ts";

let local: LocalPermit;
let permit: Permit;
let secret: string;
let environment = "";
let environments = 0;

beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
});
afterAll(() => local.close());

const tenant = "default";
const facts = (method: string, path: string, body?: unknown) =>
  send(local.url, secret, method, `/v2/facts/default/${environment}${path}`, body);
const counts = async () => ({
  instances: (await permit.api.resourceInstances.list()).length,
  tuples: (await permit.api.relationshipTuples.list({})).length,
  assignments: (await permit.api.roleAssignments.list({})).length,
});

/** Two humans with profiles and ceilings on one server, three agents of the first human. */
beforeEach(async () => {
  environments += 1;
  environment = `env-${environments}`;
  ({ permit, secret } = await newEnvironment(local.url, local.orgKey, environment));
  const { api } = permit;
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
  expect(await counts()).toEqual({ instances: 3, tuples: 2, assignments: 5 });
  expect(await may("alice", "bob", "a1", "a2", "a3")).toEqual([true, true, true, true, true]);
});

const may = (...users: string[]) =>
  permit.bulkCheck(users.map((user) => ({ user, action: "list", resource: { type: "linear", key: "linear" } })));

describe("deleting takes along what refers to it, and nothing more", () => {
  test("a user", async () => {
    await permit.api.users.delete("a1");
    expect(await counts()).toEqual({ instances: 3, tuples: 2, assignments: 4 });
    expect(await may("alice", "bob", "a1", "a2")).toEqual([true, true, false, true]);
  });

  test("an instance: its roles and tuples; made again, it has none", async () => {
    await permit.api.resourceInstances.delete("profile:alice");
    expect(await counts()).toEqual({ instances: 2, tuples: 1, assignments: 1 });
    await permit.api.resourceInstances.create({ resource: "profile", key: "alice", tenant });
    expect(await may("alice", "a1", "bob")).toEqual([false, false, true]);
  });

  test("a role: its assignments and the rules that ask for it", async () => {
    await permit.api.resourceRoles.delete("profile", "linear-low");
    expect(await counts()).toEqual({ instances: 3, tuples: 2, assignments: 2 });
    const { granted_to } = await permit.api.resourceRoles.get("linear", "low");
    expect(granted_to?.users_with_role?.map(({ role }) => role)).toEqual(["owner"]);
    await permit.api.resourceRoles.create("profile", { key: "linear-low", name: "Low" });
    await permit.api.users.assignRole({ user: "a1", role: "linear-low", resource_instance: "profile:alice", tenant });
    expect(await may("alice", "a1")).toEqual([true, false]);
  });

  test("a relation: its tuples and the rules along it", async () => {
    await permit.api.resourceRelations.delete("linear", "low");
    expect(await counts()).toEqual({ instances: 3, tuples: 0, assignments: 5 });
    expect((await permit.api.resourceRoles.get("linear", "low")).granted_to?.users_with_role).toEqual([]);
    expect(await may("alice", "a1")).toEqual([false, false]);
  });

  test("a resource type that others derive from", async () => {
    await permit.api.resources.delete("profile");
    expect(await counts()).toEqual({ instances: 1, tuples: 0, assignments: 0 });
    const linear = await permit.api.resources.get("linear");
    expect(linear.relations).toEqual({});
    expect(linear.roles).toMatchObject({ low: { granted_to: { users_with_role: [] } } });
    expect(await may("alice", "a1")).toEqual([false, false]);
  });

  test("a tenant: its instances and assignments", async () => {
    await permit.api.tenants.create({ key: "other", name: "Other" });
    await permit.api.resourceInstances.create({ resource: "profile", key: "elsewhere", tenant: "other" });
    await permit.api.tenants.delete("other");
    expect(await counts()).toEqual({ instances: 3, tuples: 2, assignments: 5 });
    await permit.api.tenants.delete("default");
    expect(await counts()).toEqual({ instances: 0, tuples: 0, assignments: 0 });
    expect(await may("alice")).toEqual([false]);
  });
});

describe("a bulk call that fails half-way changes nothing", () => {
  test("role assignments, with the instances that it would have made", async () => {
    const assignment = { role: "linear-low", resource_instance: "profile:new", tenant };
    const operations = [
      { ...assignment, user: "a1" },
      { ...assignment, user: "nobody" },
    ];
    expect(await facts("POST", "/role_assignments/bulk", operations)).toMatchObject({ status: 404 });
    expect(await counts()).toEqual({ instances: 3, tuples: 2, assignments: 5 });
  });

  test("users and instances", async () => {
    expect(await facts("POST", "/bulk/users", { operations: [{ key: "new" }, { key: "alice" }] })).toMatchObject({
      status: 409,
    });
    expect(await facts("DELETE", "/bulk/users", { idents: ["alice", "nobody"] })).toMatchObject({ status: 404 });
    const instance = { resource: "profile", tenant };
    const operations = [
      { ...instance, key: "new" },
      { ...instance, key: "alice", tenant: "nowhere" },
    ];
    expect(await facts("PUT", "/bulk/resource_instances", { operations })).toMatchObject({ status: 404 });
    expect((await permit.api.users.list()).data.map(({ key }) => key)).toEqual(["alice", "bob", "a1", "a2", "a3"]);
    expect(await counts()).toEqual({ instances: 3, tuples: 2, assignments: 5 });
    expect(await may("alice", "a1")).toEqual([true, true]);
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
    expect(await permit.api.roleAssignments.bulkUnassign(revoked)).toEqual({ assignments_removed: 2 });
    expect(await permit.api.roleAssignments.bulkUnassign(revoked)).toEqual({ assignments_removed: 0 });
    expect(await may("a1", "a2", "a3")).toEqual([false, false, true]);
    expect(await permit.api.roleAssignments.bulkAssign(revoked)).toEqual({ assignments_created: 2 });
    expect(await permit.api.roleAssignments.bulkAssign(revoked)).toEqual({ assignments_created: 0 });
  });

  test("tuples, users and instances", async () => {
    const tuple = { subject: "profile:bob", relation: "low", object: "linear:linear" };
    await permit.api.relationshipTuples.bulkUnRelationshipTuples([tuple]);
    expect(await may("alice", "bob")).toEqual([true, false]);
    await permit.api.relationshipTuples.bulkRelationshipTuples([tuple]);
    expect(await may("alice", "bob")).toEqual([true, true]);
    await permit.api.users.bulkUserReplace([{ key: "bob", email: "bob@example.com" }, { key: "new" }]);
    expect(await permit.api.users.get("bob")).toMatchObject({ email: "bob@example.com" });
    expect(await may("bob", "new")).toEqual([true, false]);
    expect(await facts("DELETE", "/bulk/resource_instances", { idents: ["profile:bob"] })).toMatchObject({
      status: 200,
    });
    expect(await may("bob")).toEqual([false]);
  });
});

describe("lists", () => {
  const users = async (query: string) =>
    ((await facts("GET", `/role_assignments?${query}`)).body as { user: string }[]).map(({ user }) => user);

  test("role assignments by user, role, type, instance and tenant, which all must fit", async () => {
    expect(await users("user=a1")).toEqual(["a1"]);
    expect(await users("user=a1&user=bob")).toEqual(["a1", "bob"]);
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
    expect(await facts("GET", "/role_assignments?include_total_count=true&per_page=2")).toMatchObject({
      body: { data: [{ user: "alice" }, { user: "bob" }], total_count: 5, page_count: 3 },
    });
    expect(await facts("GET", "/role_assignments?detailed=true&user=a1")).toMatchObject({
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
      ((await facts("GET", `/relationship_tuples?${query}`)).body as { subject: string }[]).map(
        ({ subject }) => subject,
      );
    expect(await subjects("subject=profile:bob")).toEqual(["profile:bob"]);
    expect(await subjects("object=linear:linear&relation=low")).toEqual(["profile:alice", "profile:bob"]);
    expect(await subjects("relation=high")).toEqual([]);
    expect(await subjects("subject_type=profile&object_type=linear&tenant=default")).toHaveLength(2);
    expect(await subjects("object_type=profile")).toEqual([]);
  });

  test("users by text, with their roles", async () => {
    await permit.api.users.update("alice", { email: "alice@example.com" });
    expect((await permit.api.users.list({ search: "@EXAMPLE" })).data.map(({ key }) => key)).toEqual(["alice"]);
    expect(await facts("GET", "/users?search=a1&include_resource_instance_roles=true")).toMatchObject({
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
    const path = `/v2/pdps/default/${environment}/audit_logs`;
    await permit.check("a1", "list", "linear:linear");
    await permit.check("nobody", "list", "linear:linear");
    const { body } = await send(local.url, secret, "GET", `${path}?per_page=2`);
    expect(body).toMatchObject({
      data: [
        { user_key: "nobody", action: "list", resource_type: "linear", tenant: "default", decision: false },
        { user_key: "a1", action: "list", resource_type: "linear", tenant: "default", decision: true },
      ],
    });
    expect(await send(local.url, secret, "GET", `${path}?decision=false&users=nobody`)).toMatchObject({
      body: { total_count: 1, pagination_count: 1 },
    });
  });
});

test("a write through the facts proxy is decided by at once", async () => {
  const proxied = new PermitClient({
    token: secret,
    apiUrl: local.url,
    pdp: local.url,
    timeout: 10_000,
    proxyFactsViaPdp: true,
    factsSyncTimeout: 5,
  });
  const consent = { user: "fresh", role: "linear-low", resource_instance: "profile:alice", tenant };
  for (let round = 0; round < 20; round += 1) {
    await proxied.api.users.sync({ key: "fresh" });
    await proxied.api.users.waitForSync(5).assignRole(consent);
    expect(await may("fresh")).toEqual([true]);
    await proxied.api.users.unassignRole(consent);
    expect(await may("fresh")).toEqual([false]);
  }
});

test("an id is not a way round: a key that looks like another's id does not take its place", async () => {
  const { id } = await permit.api.users.get("bob");
  await permit.api.users.create({ key: id });
  await permit.api.users.update(id, { first_name: "Changed" });
  expect(await permit.api.users.get("bob")).toMatchObject({ first_name: "Changed" });
  expect(await may(id)).toEqual([false]);
});
