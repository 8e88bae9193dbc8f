import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { type RawAnswer, send } from "./testing/raw-http.ts";
import { newEnvironment } from "./testing/sdk.ts";

let local: LocalPermit;
let secret: string;
let environment = "";
let environments = 0;

beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
});
afterAll(() => local.close());
beforeEach(async () => {
  environments += 1;
  environment = `env-${environments}`;
  ({ secret } = await newEnvironment(local.url, local.orgKey, environment));
});

const schema = (method: string, path: string, body?: unknown) =>
  send(local.url, secret, method, `/v2/schema/default/${environment}${path}`, body);
const facts = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  send(local.url, secret, method, `/v2/facts/default/${environment}${path}`, body, headers);
const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/);
const scope = { organization_id: uuid, project_id: uuid, environment_id: uuid };
const stamp = { id: uuid, ...scope, created_at: time, updated_at: time };
const problems = (answer: RawAnswer) => (answer.body as { detail: unknown }).detail;

describe("errors, word for word", () => {
  test("404", async () => {
    expect(await facts("GET", "/tenants/acme")).toEqual({
      status: 404,
      body: {
        id: uuid,
        title: "The requested data was not found",
        error_code: "NOT_FOUND",
        message: "Tenant with key 'acme' was not found.",
        support_link: "https://docs.permit.io/",
      },
    });
  });

  test("409, and the existing object is as it was", async () => {
    await facts("POST", "/users", { key: "alice", email: "alice@example.com" });
    expect(await facts("POST", "/users", { key: "alice", email: "mallory@example.com" })).toEqual({
      status: 409,
      body: {
        id: uuid,
        title: "This object already exists",
        error_code: "DUPLICATE_ENTITY",
        message: "User with key 'alice' already exists. Use another key, or update the existing object.",
        support_link: "https://docs.permit.io/",
      },
    });
    expect(await facts("GET", "/users/alice")).toMatchObject({ body: { email: "alice@example.com" } });
  });

  test("422 names every problem", async () => {
    const answer = await facts("POST", "/users", { key: "a b", email: "nobody", first_name: 1, extra: true });
    expect(answer).toEqual({
      status: 422,
      body: {
        detail: [
          { loc: ["body", "email"], msg: "value is not a valid email address", type: "value_error.email" },
          { loc: ["body", "first_name"], msg: "str type expected", type: "type_error.str" },
          {
            loc: ["body", "key"],
            msg: 'string does not match regex "^[A-Za-z0-9|@+\\-._]+$"',
            type: "value_error.str.regex",
          },
          { loc: ["body", "extra"], msg: "extra fields not permitted", type: "value_error.extra" },
        ],
      },
    });
    expect(await facts("GET", "/users")).toMatchObject({ body: { data: [] } });
  });

  test("422 for a missing field, a missing body, and text that is no JSON", async () => {
    const missing = { loc: ["body", "name"], msg: "field required", type: "value_error.missing" };
    expect(problems(await facts("POST", "/tenants", { key: "acme" }))).toEqual([missing]);
    expect(problems(await facts("POST", "/tenants"))).toEqual([
      { loc: ["body"], msg: "field required", type: "value_error.missing" },
    ]);
    expect(problems(await facts("POST", "/tenants", "{"))).toMatchObject([{ type: "value_error.jsondecode" }]);
  });

  test.each(["page=0", "page=x", "per_page=101", "per_page=1e9", "include_total_count=maybe"])(
    "422 for ?%s",
    async (query) => {
      expect(await facts("GET", `/tenants?${query}`)).toMatchObject({ status: 422 });
    },
  );

  test("400 for an empty bulk call, 403 and 422 for one that is too large", async () => {
    expect(await facts("POST", "/bulk/users", { operations: [] })).toMatchObject({
      status: 400,
      body: { error_code: "INVALID_INPUT" },
    });
    const operations = Array.from({ length: 3_001 }, (_, index) => ({ key: `u${index}` }));
    expect(await facts("POST", "/bulk/users", { operations })).toMatchObject({
      status: 403,
      body: { error_code: "FORBIDDEN_ACCESS" },
    });
    const idents = Array.from({ length: 1_001 }, () => ({ subject: "a:b", relation: "r", object: "c:d" }));
    expect(await facts("DELETE", "/relationship_tuples/bulk", { idents })).toMatchObject({ status: 422 });
    expect(await facts("GET", "/users")).toMatchObject({ body: { total_count: 0 } });
  });

  test("400 for a wait header that is no number", async () => {
    const wait = (value: string) => facts("POST", "/users", { key: "alice" }, { "x-wait-timeout": value });
    expect(await wait("soon")).toMatchObject({ status: 400, body: { error_code: "INVALID_INPUT" } });
    expect(await wait("0")).toMatchObject({ status: 200 });
  });

  test("404 for a path that is not there", async () => {
    expect(await facts("GET", "/no_such_thing")).toEqual({ status: 404, body: { detail: "Not Found" } });
  });
});

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
