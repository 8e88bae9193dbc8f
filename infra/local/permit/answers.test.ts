import { describe, expect, test } from "vitest";
import { freshEnvironment } from "./testing/fresh-environment.ts";
import { send } from "./testing/raw-http.ts";

const env = freshEnvironment();
const { schema, facts } = env;
const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/);
const scope = { organization_id: uuid, project_id: uuid, environment_id: uuid };
const stamp = { id: uuid, ...scope, created_at: time, updated_at: time };

describe("objects, field by field", () => {
  test("a resource type with actions, roles, relations and derivations in one call", async () => {
    await schema("POST", "/resources", {
      key: "profile",
      name: "Profile",
      actions: {},
      roles: { owner: { name: "Owner" } },
    });
    const answer = await schema("POST", "/resources", {
      key: "linear",
      name: "Linear",
      actions: { create: { attributes: { trust: "medium" } } },
      relations: { medium: "profile" },
      roles: {
        medium: {
          name: "Medium",
          permissions: ["create"],
          granted_to: { users_with_role: [{ role: "owner", on_resource: "profile", linked_by_relation: "medium" }] },
        },
      },
    });
    const derivation = {
      id: uuid,
      when: { no_direct_roles_on_object: false },
      users_with_role: [
        {
          role: "owner",
          on_resource: "profile",
          linked_by_relation: "medium",
          when: { no_direct_roles_on_object: false },
          role_id: uuid,
          resource_id: uuid,
          relation_id: uuid,
        },
      ],
    };
    expect(answer).toEqual({
      status: 200,
      body: {
        ...stamp,
        key: "linear",
        name: "Linear",
        urn: null,
        description: null,
        type_attributes: null,
        attributes: {},
        action_groups: {},
        actions: {
          create: { id: uuid, key: "create", name: "create", description: null, attributes: { trust: "medium" } },
        },
        relations: { medium: { description: null, relation_name: "medium", resource: "profile", resource_id: uuid } },
        roles: {
          medium: {
            ...stamp,
            key: "medium",
            name: "Medium",
            description: null,
            permissions: ["create"],
            extends: [],
            attributes: null,
            granted_to: derivation,
            resource: "linear",
            resource_id: uuid,
          },
        },
      },
    });
    expect(await schema("GET", "/resources/linear")).toEqual(answer);
    expect(await schema("GET", `/resources/${(answer.body as { id: string }).id}`)).toEqual(answer);
  });

  test("a role assignment and a tuple, which make missing instances only when they hold", async () => {
    await schema("POST", "/resources", {
      key: "profile",
      name: "Profile",
      actions: {},
      roles: { owner: { name: "Owner" } },
    });
    await schema("POST", "/resources", { key: "linear", name: "Linear", actions: {}, relations: { low: "profile" } });
    const tuple = { subject: "profile:alice", relation: "low", object: "linear:linear", tenant: "default" };
    expect(await facts("POST", "/relationship_tuples", { ...tuple, relation: "no_such" })).toMatchObject({
      status: 404,
    });
    expect(await facts("POST", "/relationship_tuples", { ...tuple, tenant: null })).toMatchObject({ status: 404 });
    expect(await facts("GET", "/resource_instances")).toEqual({ status: 200, body: [] });
    expect(await facts("POST", "/relationship_tuples", tuple)).toEqual({
      status: 200,
      body: { ...stamp, ...tuple, subject_id: uuid, relation_id: uuid, object_id: uuid, tenant_id: uuid },
    });

    await facts("POST", "/users", { key: "alice" });
    const assignment = { user: "alice", role: "owner", resource_instance: "profile:alice", tenant: "default" };
    expect(await facts("POST", "/role_assignments", assignment)).toEqual({
      status: 200,
      body: {
        ...{ id: uuid, ...scope, created_at: time, ...assignment },
        ...{ user_id: uuid, role_id: uuid, tenant_id: uuid, resource_instance_id: uuid },
      },
    });
    expect(await facts("POST", "/role_assignments", assignment)).toMatchObject({ status: 409 });
    expect(await facts("DELETE", "/role_assignments", assignment)).toEqual({ status: 204, body: "" });
    expect(await facts("DELETE", "/role_assignments", assignment)).toMatchObject({ status: 404 });
  });

  test("users are upserted by key: 201, then 200", async () => {
    const put = (body: object) => facts("PUT", "/users/agent%7Cc1", body);
    expect(await put({ key: "agent|c1", attributes: { a: 1 } })).toMatchObject({ status: 201 });
    expect(await put({ key: "agent|c1", first_name: "Agent" })).toEqual({
      status: 200,
      body: {
        ...stamp,
        key: "agent|c1",
        ...{ email: null, first_name: "Agent", last_name: null, attributes: {} },
        ...{ roles: [], associated_tenants: [] },
      },
    });
    expect(await put({ key: "agent|c2" })).toMatchObject({ status: 400 });
    expect(await facts("GET", "/users/agent%7Cc2")).toMatchObject({ status: 404 });
  });

  test("users with long keys: an agent's names a client and a human", async () => {
    const key = `agent|${"c".repeat(500)}|alice_40example_2ecom`;
    expect(await facts("PUT", `/users/${encodeURIComponent(key)}`, { key })).toMatchObject({ status: 201 });
    expect(await facts("GET", `/users/${encodeURIComponent(key)}`)).toMatchObject({ status: 200, body: { key } });
  });

  test("the tenant that every environment has", async () => {
    expect(await facts("GET", "/tenants")).toEqual({
      status: 200,
      body: [
        { ...stamp, key: "default", name: "Default Tenant", description: null, attributes: null, last_action_at: time },
      ],
    });
  });
});

test("PATCH overwrites the fields that it gives and leaves the others", async () => {
  await schema("POST", "/resources", {
    key: "linear",
    name: "Linear",
    actions: { list: {}, create: {} },
    roles: { low: { name: "Low", permissions: ["list"] }, all: { name: "All", permissions: ["list", "create"] } },
  });
  const before = (await schema("GET", "/resources/linear/actions/list")).body as { id: string };
  const roles = async () => {
    const { body } = await schema("GET", "/resources/linear/roles");
    return (body as { key: string; permissions: string[] }[]).map(({ key, permissions }) => [key, permissions]);
  };
  await schema("PATCH", "/resources/linear", { actions: { list: { name: "List" } } });
  expect(await schema("GET", "/resources/linear/actions")).toMatchObject({ body: [{ id: before.id, name: "List" }] });
  expect(await roles()).toEqual([
    ["low", ["list"]],
    ["all", ["list"]],
  ]);
  // Made again, the action is allowed to nobody until a role says so.
  await schema("POST", "/resources/linear/actions", { key: "create", name: "Create" });
  expect(await roles()).toEqual([
    ["low", ["list"]],
    ["all", ["list"]],
  ]);
  await schema("PATCH", "/resources/linear/roles/all", { permissions: ["create"] });
  expect(await roles()).toEqual([
    ["low", ["list"]],
    ["all", ["create"]],
  ]);
  expect(await schema("PATCH", "/resources/linear/roles/all", { permissions: ["list", "no_such"] })).toMatchObject({
    status: 404,
  });
  expect(await roles()).toEqual([
    ["low", ["list"]],
    ["all", ["create"]],
  ]);
});

describe("a decision says why", () => {
  const ask = async (change: object, resource: object = {}) => {
    const query = {
      user: { key: "alice" },
      action: "list",
      resource: { type: "linear", key: "linear", tenant: "default", ...resource },
      ...change,
    };
    const { body } = await send(env.url, env.secret, "POST", "/allowed", query);
    const { allow, result, debug } = body as {
      allow: boolean;
      result: boolean;
      debug: Record<"rbac" | "rebac", { allow: boolean; code: string; reason: string }>;
    };
    expect(result).toBe(allow);
    return [allow, debug.rbac.code, debug.rebac?.code];
  };

  test("the first thing that is missing, by code", async () => {
    const roles = { low: { name: "Low", permissions: ["list"] } };
    await schema("POST", "/resources", { key: "linear", name: "Linear", actions: { list: {}, create: {} }, roles });
    await facts("POST", "/users", { key: "alice" });
    const assignment = { user: "alice", role: "low", resource_instance: "linear:linear", tenant: "default" };
    expect(await ask({})).toEqual([false, "no_user_roles", "no_permission"]);
    await facts("POST", "/role_assignments", assignment);
    expect(await ask({})).toEqual([true, "no_user_roles", "allow"]);
    expect(await ask({ action: "create" })).toEqual([false, "no_user_roles", "no_permission"]);
    expect(await ask({ action: "drop" })).toEqual([false, "no_such_action", "no_such_action"]);
    expect(await ask({ user: { key: "bob" } })).toEqual([false, "user_not_synced", "user_not_synced"]);
    expect(await ask({}, { type: "github" })).toEqual([false, "no_such_resource", "no_such_resource"]);
    expect(await ask({}, { tenant: "other" })).toEqual([false, "no_such_tenant", "no_such_tenant"]);
    expect(await ask({}, { tenant: null })).toEqual([false, "no_such_tenant", "no_such_tenant"]);
    expect(await ask({}, { key: null })).toEqual([false, "no_user_roles", undefined]);
  });
});
