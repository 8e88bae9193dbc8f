import { beforeEach, describe, expect, test } from "vitest";
import { freshEnvironment } from "./testing/fresh-environment.ts";

const env = freshEnvironment();
const { schema, facts } = env;

const keysOf = async (path: string) => {
  const { body } = await schema("GET", path);
  const list = Array.isArray(body) ? body : (body as { data?: unknown[]; roles?: unknown[] });
  const rows = Array.isArray(list) ? list : (list.data ?? list.roles ?? []);
  return (rows as { key: string }[]).map(({ key }) => key);
};

beforeEach(async () => {
  await schema("POST", "/resources", {
    key: "document",
    name: "Document",
    actions: { read: {}, write: {}, delete: {} },
    attributes: { pages: { type: "number" } },
    roles: { viewer: { name: "Viewer", permissions: ["read"] } },
  });
});

describe("attributes on their own path", () => {
  const all = "/resources/document/attributes";

  test("are those of the type, by key and id", async () => {
    const created = await schema("POST", all, { key: "owner", type: "string", description: "Who owns it" });
    expect(created).toMatchObject({
      status: 200,
      body: { key: "owner", type: "string", description: "Who owns it", resource_key: "document", built_in: false },
    });
    expect(await keysOf(all)).toEqual(["pages", "owner"]);
    expect(await keysOf(`${all}?page=2&per_page=1`)).toEqual(["owner"]);
    const { id } = created.body as { id: string };
    expect(await schema("GET", `${all}/${id}`)).toEqual(created);
    expect(await schema("PATCH", `${all}/owner`, { type: "json" })).toMatchObject({
      body: { id, type: "json", description: "Who owns it" },
    });
    expect(await schema("GET", "/resources/document")).toMatchObject({
      body: { attributes: { pages: { type: "number" }, owner: { id, type: "json" } } },
    });
    expect(await schema("DELETE", `${all}/owner`)).toEqual({ status: 204, body: "" });
    expect(await schema("GET", `${all}/owner`)).toMatchObject({ status: 404 });
  });

  test("are not declared twice, nor of an unknown type", async () => {
    expect(await schema("POST", all, { key: "pages", type: "string" })).toMatchObject({ status: 409 });
    expect(await schema("POST", all, { key: "x", type: "decimal" })).toMatchObject({ status: 422 });
    expect(await schema("POST", "/resources/nothing/attributes", { key: "x", type: "bool" })).toMatchObject({
      status: 404,
    });
    expect(await keysOf(all)).toEqual(["pages"]);
  });

  test("an instance's values are of the declared types; what is not declared is free", async () => {
    for (const type of ["bool", "string", "time", "array", "json", "object", "object_array"]) {
      await schema("POST", all, { key: `a_${type}`, type });
    }
    const make = (key: string, attributes: object) =>
      facts("POST", "/resource_instances", { key, resource: "document", tenant: "default", attributes });
    const good = {
      ...{ pages: 1.5, a_bool: false, a_string: "", a_time: "2026-11-24T10:00:00+01:00", a_array: [1, "x"] },
      ...{ a_json: [null], a_object: {}, a_object_array: [{}], undeclared: new Date(0) },
    };
    expect(await make("good", good)).toMatchObject({ status: 200 });
    expect(await make("null", { pages: null })).toMatchObject({ status: 200 });
    const bad = {
      ...{ pages: "1", a_bool: 0, a_string: 1, a_time: "yesterday or so", a_array: {}, a_object: [] },
      ...{ a_object_array: [1] },
    };
    for (const [key, value] of Object.entries(bad)) {
      expect(await make("bad", { [key]: value }), key).toMatchObject({
        status: 400,
        body: { error_code: "MISMATCH_ATTRIBUTES_TYPES" },
      });
    }
    expect(await facts("PATCH", "/resource_instances/document:good", { attributes: { pages: "2" } })).toMatchObject({
      status: 400,
    });
    const operations = [{ key: "bulk", resource: "document", tenant: "default", attributes: { pages: [] } }];
    expect(await facts("PUT", "/bulk/resource_instances", { operations })).toMatchObject({ status: 400 });
    expect(await facts("GET", "/resource_instances/document:good")).toMatchObject({
      body: { attributes: { pages: 1.5 } },
    });
    expect(await facts("GET", "/resource_instances/document:bulk")).toMatchObject({ status: 404 });
  });
});

describe("built-in types", () => {
  test("users' attributes are those of __user, which lists show when asked", async () => {
    const created = await schema("POST", "/users/attributes", { key: "department", type: "string" });
    expect(created).toMatchObject({ status: 200, body: { resource_key: "__user" } });
    expect(await keysOf("/users/attributes")).toEqual(["department"]);
    expect(await keysOf("/users/attributes?resource_id=document")).toEqual(["pages"]);
    expect(await schema("PATCH", "/users/attributes/department", { description: "d" })).toMatchObject({
      body: { type: "string", description: "d" },
    });
    expect(await keysOf("/resources")).toEqual(["document"]);
    expect(await keysOf("/resources?include_built_in=true")).toEqual(["__user", "__tenant", "document"]);
    expect(await schema("GET", "/resources/__user")).toMatchObject({ body: { attributes: { department: {} } } });
    expect(await schema("DELETE", "/users/attributes/department")).toMatchObject({ status: 204 });
    expect(await keysOf("/users/attributes")).toEqual([]);
  });

  test("can be neither changed nor used as a type of instances", async () => {
    for (const [method, path, body] of [
      ["PATCH", "/resources/__user", { name: "x" }],
      ["PUT", "/resources/__tenant", { name: "x", actions: {} }],
      ["DELETE", "/resources/__user", undefined],
      ["POST", "/resources/__user/actions", { key: "x", name: "x" }],
      ["POST", "/resources/__tenant/roles", { key: "x", name: "x" }],
      ["POST", "/resources/document/relations", { key: "x", name: "x", subject_resource: "__user" }],
    ] as const) {
      expect(await schema(method, path, body), path).toMatchObject({ status: 404 });
    }
    expect(await schema("POST", "/resources", { key: "__user", name: "x", actions: {} })).toMatchObject({
      status: 409,
    });
    expect(
      await facts("POST", "/resource_instances", { key: "x", resource: "__user", tenant: "default" }),
    ).toMatchObject({ status: 404 });
  });
});

test("action groups name actions of their type, and lose those that go", async () => {
  const all = "/resources/document/action_groups";
  expect(
    await schema("POST", all, { key: "change", name: "Change", actions: ["write", "delete", "write"] }),
  ).toMatchObject({
    status: 200,
    body: { key: "change", actions: ["write", "delete"], attributes: null },
  });
  expect(await schema("POST", all, { key: "change", name: "Again" })).toMatchObject({ status: 409 });
  expect(await schema("POST", all, { key: "odd", name: "Odd", actions: ["fly"] })).toMatchObject({ status: 404 });
  expect(await schema("PATCH", `${all}/change`, { name: "Changing" })).toMatchObject({
    body: { name: "Changing", actions: ["write", "delete"] },
  });
  await schema("DELETE", "/resources/document/actions/delete");
  expect(await schema("GET", `${all}/change`)).toMatchObject({ body: { actions: ["write"] } });
  expect(await schema("GET", "/resources/document")).toMatchObject({ body: { action_groups: { change: ["write"] } } });
  expect(await keysOf(all)).toEqual(["change"]);
  expect(await schema("DELETE", `${all}/change`)).toMatchObject({ status: 204 });
  expect(await keysOf(all)).toEqual([]);
});

describe("roles that extend others", () => {
  beforeEach(async () => {
    const roles = [
      ["guest", []],
      ["member", ["guest"]],
      ["auditor", ["guest"]],
      ["admin", ["member", "auditor"]],
    ] as const;
    for (const [key, extended] of roles) {
      await schema("POST", "/roles", { key, name: key, extends: extended, permissions: ["document:read"] });
    }
  });

  test("ancestors are what a role inherits from, descendants what inherits from it, nearest first", async () => {
    expect(await keysOf("/roles/admin/ancestors")).toEqual(["member", "auditor", "guest"]);
    expect(await keysOf("/roles/guest/descendants")).toEqual(["member", "auditor", "admin"]);
    expect(await keysOf("/roles/guest/ancestors")).toEqual([]);
    expect(await schema("GET", "/roles/nobody/ancestors")).toMatchObject({ status: 404 });
  });

  test("also in a circle, and of one type only", async () => {
    await schema("PATCH", "/roles/guest", { extends: ["admin"] });
    expect(await keysOf("/roles/admin/ancestors")).toEqual(["member", "auditor", "guest"]);
    await schema("POST", "/resources/document/roles", { key: "editor", name: "Editor", extends: ["viewer"] });
    expect(await keysOf("/resources/document/roles/editor/ancestors")).toEqual(["viewer"]);
    expect(await keysOf("/resources/document/roles/viewer/descendants")).toEqual(["editor"]);
  });

  test("are found by text and counted", async () => {
    expect(await keysOf("/roles?search=ADM")).toEqual(["admin"]);
    expect(await schema("GET", "/roles?include_total_count=true&per_page=1")).toMatchObject({
      body: { data: [{ key: "guest" }], total_count: 4, page_count: 4 },
    });
  });
});

describe("roles in bulk", () => {
  const put = (...operations: object[]) => schema("PUT", "/bulk/roles", { operations });

  test("of any types, in any order, made or replaced", async () => {
    await schema("PATCH", "/resources/document", { relations: { parent: "document" } });
    const rule = { role: "owner", on_resource: "document", linked_by_relation: "parent" };
    expect(
      await put(
        { key: "boss", name: "Boss", extends: ["clerk"], permissions: ["document:delete"] },
        { key: "clerk", name: "Clerk", permissions: ["document:read"] },
        { key: "viewer", name: "Reader", resource: "document", granted_to: { users_with_role: [rule] } },
        { key: "owner", name: "Owner", resource: "document", permissions: ["write"] },
      ),
    ).toEqual({
      status: 200,
      body: { created: ["boss", "clerk", "document:owner"], updated: ["document:viewer"] },
    });
    expect(await schema("GET", "/resources/document/roles/viewer")).toMatchObject({
      body: { name: "Reader", permissions: [], granted_to: { users_with_role: [rule] } },
    });
    await facts("POST", "/users", { key: "alice", role_assignments: [{ role: "boss", tenant: "default" }] });
    expect(await env.permit.check("alice", "read", { type: "document", tenant: "default" })).toBe(true);
  });

  test("all or nothing", async () => {
    expect(
      await put({ key: "first", name: "First" }, { key: "second", name: "Second", permissions: ["document:fly"] }),
    ).toMatchObject({ status: 404 });
    expect(await put({ key: "first", name: "First" }, { key: "x", name: "X", resource: "nothing" })).toMatchObject({
      status: 404,
    });
    expect(await put()).toMatchObject({ status: 400 });
    expect(await keysOf("/roles")).toEqual([]);
  });
});

test("fields of the API's first version are accepted", async () => {
  const first = { v1compat_path: "/d", v1compat_name: "d" };
  expect(await schema("POST", "/resources", { key: "d", name: "D", actions: { a: first }, ...first })).toMatchObject({
    status: 200,
  });
  expect(await schema("POST", "/roles", { key: "r", name: "R", v1compat_is_built_in: false })).toMatchObject({
    status: 200,
  });
});
