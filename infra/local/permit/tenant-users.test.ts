import { beforeEach, describe, expect, test } from "vitest";
import { freshEnvironment } from "./testing/fresh-environment.ts";

const { schema, facts } = freshEnvironment();

async function usersAt(path: string): Promise<readonly string[]> {
  const { body } = await facts("GET", path);
  return (body as { data: { key: string }[] }).data.map(({ key }) => key);
}

beforeEach(async () => {
  await schema("POST", "/resources", {
    key: "document",
    name: "Document",
    actions: { read: {} },
    roles: { viewer: { name: "Viewer", permissions: ["read"] } },
  });
  await schema("POST", "/roles", { key: "reader", name: "Reader", permissions: ["document:read"] });
  await schema("POST", "/roles", { key: "writer", name: "Writer" });
  for (const key of ["acme", "globex"]) await facts("POST", "/tenants", { key, name: key.toUpperCase() });
});

describe("users of a tenant", () => {
  test("are those that were added and those that have a role there", async () => {
    const added = await facts("POST", "/tenants/acme/users", { key: "alice", email: "alice@example.com" });
    expect(added).toMatchObject({
      status: 200,
      body: { key: "alice", associated_tenants: [{ tenant: "acme", roles: [], status: "active" }] },
    });
    await facts("POST", "/users", { key: "bob", role_assignments: [{ role: "reader", tenant: "acme" }] });
    await facts("POST", "/users", { key: "carol" });
    await facts("POST", "/role_assignments", {
      ...{ user: "carol", role: "viewer", resource_instance: "document:d", tenant: "acme" },
    });
    await facts("POST", "/users", { key: "dave", role_assignments: [{ role: "reader", tenant: "globex" }] });
    expect(await usersAt("/tenants/acme/users")).toEqual(["alice", "bob", "carol"]);
    expect(await usersAt("/tenants/acme/users?search=EXAMPLE")).toEqual(["alice"]);
    expect(await usersAt("/tenants/acme/users?role=reader")).toEqual(["bob"]);
    expect(await usersAt("/tenants/globex/users")).toEqual(["dave"]);
    expect(await facts("GET", "/tenants/acme/users?per_page=1&page=2")).toMatchObject({
      body: { data: [{ key: "bob" }], total_count: 3, page_count: 3 },
    });
    expect(await facts("GET", "/tenants/nowhere/users")).toMatchObject({ status: 404 });
  });

  test("adding one that exists keeps its roles; a role without a tenant is meant for this one", async () => {
    await facts("POST", "/users", { key: "alice", role_assignments: [{ role: "reader", tenant: "globex" }] });
    const answer = await facts("POST", "/tenants/acme/users", { key: "alice", role_assignments: [{ role: "writer" }] });
    expect(answer).toMatchObject({
      body: {
        roles: [
          { role: "reader", tenant: "globex" },
          { role: "writer", tenant: "acme" },
        ],
      },
    });
    await facts("POST", "/tenants/acme/users", { key: "alice" });
    expect(await usersAt("/tenants/acme/users")).toEqual(["alice"]);
  });

  test("one that is taken out loses its roles in this tenant, and only those", async () => {
    await facts("POST", "/tenants/acme/users", { key: "alice", role_assignments: [{ role: "reader" }] });
    await facts("POST", "/role_assignments", {
      ...{ user: "alice", role: "viewer", resource_instance: "document:d", tenant: "acme" },
    });
    await facts("POST", "/role_assignments", { user: "alice", role: "reader", tenant: "globex" });
    expect(await facts("DELETE", "/tenants/acme/users/alice")).toEqual({ status: 204, body: "" });
    expect(await usersAt("/tenants/acme/users")).toEqual([]);
    expect(await facts("GET", "/role_assignments?user=alice")).toMatchObject({
      body: [{ role: "reader", tenant: "globex" }],
    });
    expect(await facts("DELETE", "/tenants/acme/users/alice")).toMatchObject({ status: 404 });
    expect(await facts("GET", "/users/alice")).toMatchObject({ status: 200 });
  });

  test("a place in a tenant goes with the tenant and with the user", async () => {
    await facts("POST", "/tenants/acme/users", { key: "alice" });
    await facts("DELETE", "/tenants/acme");
    expect(await facts("GET", "/users/alice")).toMatchObject({ body: { associated_tenants: [] } });
    await facts("POST", "/tenants", { key: "acme", name: "Acme" });
    expect(await usersAt("/tenants/acme/users")).toEqual([]);
    await facts("POST", "/tenants/acme/users", { key: "alice" });
    await facts("DELETE", "/users/alice");
    await facts("POST", "/users", { key: "alice" });
    expect(await usersAt("/tenants/acme/users")).toEqual([]);
  });
});

test("tenants in bulk, all or nothing", async () => {
  const operations = ["a", "b"].map((key) => ({ key, name: key }));
  expect(await facts("POST", "/bulk/tenants", { operations })).toEqual({ status: 200, body: {} });
  expect(await facts("POST", "/bulk/tenants", { operations: [{ key: "c", name: "c" }, ...operations] })).toMatchObject({
    status: 409,
  });
  expect(await facts("DELETE", "/bulk/tenants", { idents: ["a", "nowhere"] })).toMatchObject({ status: 404 });
  expect(await facts("DELETE", "/bulk/tenants", { idents: [] })).toMatchObject({ status: 400 });
  expect(await facts("DELETE", "/bulk/tenants", { idents: ["a", "a"] })).toMatchObject({ status: 200 });
  const { body } = await facts("GET", "/tenants");
  expect((body as { key: string }[]).map(({ key }) => key)).toEqual(["default", "acme", "globex", "b"]);
});

describe("users are found", () => {
  beforeEach(async () => {
    const roles = [{ role: "reader", tenant: "acme" }];
    await facts("POST", "/users", { key: "ann", email: "ann@one.example", role_assignments: roles });
    await facts("POST", "/users", { key: "joann", first_name: "Joann", last_name: "Smith" });
  });

  test.each([
    ["search=ann", ["ann", "joann"]],
    ["search=ANN&search_operator=contains", ["ann", "joann"]],
    ["search=ann&search_operator=startswith", ["ann"]],
    ["search=smi&search_operator=startswith", ["joann"]],
    ["search=example&search_operator=endswith", ["ann"]],
    ["search=nn&search_operator=endswith", ["ann", "joann"]],
    ["role=reader", ["ann"]],
    ["role=writer", []],
    ["role=", ["joann"]],
    ["search=ann&role=", ["joann"]],
  ])("by %s", async (query, keys) => {
    expect(await usersAt(`/users?${query}`)).toEqual(keys);
  });

  test("not by an operator that there is not", async () => {
    expect(await facts("GET", "/users?search_operator=like")).toMatchObject({ status: 422 });
  });
});

describe("roles on the user's own path", () => {
  beforeEach(() => facts("POST", "/users", { key: "human|alice" }));
  const path = "/users/human%7Calice/roles";

  test("in a tenant and on an instance", async () => {
    expect(await facts("POST", path, { role: "reader", tenant: "acme" })).toMatchObject({
      status: 200,
      body: { user: "human|alice", role: "reader", tenant: "acme", resource_instance: null },
    });
    expect(await facts("POST", path, { role: "reader", tenant: "acme" })).toMatchObject({ status: 409 });
    await facts("POST", path, { role: "viewer", resource_instance: "document:d", tenant: "acme" });
    expect(await facts("DELETE", `${path}?return_deleted=true`, { role: "reader", tenant: "acme" })).toMatchObject({
      status: 200,
      body: { role: "reader" },
    });
    expect(await facts("DELETE", path, { role: "reader", tenant: "acme" })).toMatchObject({ status: 404 });
    expect(await facts("DELETE", path, { role: "viewer" })).toMatchObject({ status: 422 });
    expect(await facts("GET", "/role_assignments")).toMatchObject({ body: [{ role: "viewer" }] });
  });

  test("not for a user that there is not", async () => {
    expect(await facts("POST", "/users/nobody/roles", { role: "reader", tenant: "acme" })).toMatchObject({
      status: 404,
    });
  });
});

describe("bulk assignments of users that there are not", () => {
  const assign = (policy: string, user = "new") =>
    facts("POST", `/role_assignments/bulk${policy}`, [
      { user: "known", role: "reader", tenant: "acme" },
      { user, role: "reader", tenant: "acme" },
    ]);
  beforeEach(() => facts("POST", "/users", { key: "known" }));

  test.each([
    ["", 404, undefined, []],
    ["?missing_user_policy=fail", 404, undefined, []],
    ["?missing_user_policy=ignore", 200, 1, ["known"]],
    ["?missing_user_policy=create", 200, 2, ["known", "new"]],
    ["?missing_user_policy=maybe", 422, undefined, []],
  ])("'%s'", async (policy, status, assignments_created, users) => {
    const answer = await assign(policy);
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.body).toEqual({ assignments_created });
    expect(await usersAt("/tenants/acme/users")).toEqual(users);
  });

  test("none is made under a key that no user can have", async () => {
    expect(await assign("?missing_user_policy=create", "a b")).toMatchObject({ status: 400 });
    expect(await usersAt("/users")).toEqual(["known"]);
  });
});

test("details of assignments, instances and tuples", async () => {
  await schema("POST", "/resources/document/relations", {
    key: "parent",
    name: "Parent",
    subject_resource: "document",
  });
  await facts("POST", "/users", { key: "alice", role_assignments: [{ role: "reader", tenant: "acme" }] });
  const tuple = { subject: "document:a", relation: "parent", object: "document:b" };
  await facts("POST", "/relationship_tuples", { ...tuple, tenant: "acme" });
  const total = { total_count: 1, page_count: 1 };
  expect(await facts("GET", "/role_assignments/detailed")).toMatchObject({
    body: { data: [{ user: { key: "alice" }, role: { key: "reader" }, resource_instance: null }], ...total },
  });
  const details = {
    ...tuple,
    subject_details: { key: "a", tenant: "acme", resource: "document", attributes: {} },
    relation_details: { key: "parent", name: "Parent", description: null },
    object_details: { key: "b", tenant: "acme", resource: "document", attributes: {} },
    tenant_details: { key: "acme", name: "ACME", description: null, attributes: null },
  };
  expect(await facts("GET", "/relationship_tuples/detailed?subject=document:a")).toMatchObject({
    body: { data: [details], ...total },
  });
  expect(await facts("GET", "/relationship_tuples?detailed=true")).toMatchObject({ body: [details] });
  expect((await facts("GET", "/relationship_tuples")).body).not.toMatchObject([{ subject_details: {} }]);
  expect(await facts("GET", "/resource_instances/detailed?search=a")).toMatchObject({
    body: { data: [{ key: "a", relationships: [tuple] }], ...total },
  });
  expect(await facts("GET", "/resource_instances?detailed=true&search=b")).toMatchObject({
    body: [{ key: "b", relationships: [tuple] }],
  });
  expect(await facts("GET", "/resource_instances/document:b?detailed=true")).toMatchObject({
    body: { relationships: [tuple] },
  });
  expect((await facts("GET", "/resource_instances/document:b")).body).not.toHaveProperty("relationships");
});
