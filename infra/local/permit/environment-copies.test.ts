import type { Permit } from "permitio";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { type RawAnswer, send } from "./testing/raw-http.ts";
import { connect, newEnvironment } from "./testing/sdk.ts";

let local: LocalPermit;
let source: Permit;
let count = 0;
let from = "";

const call = (method: string, path: string, body?: unknown, secret = local.orgKey) =>
  send(local.url, secret, method, path, body);
const copy = (target: object, rest: object = {}, secret = local.orgKey): Promise<RawAnswer> =>
  call("POST", `/v2/projects/default/envs/${from}/copy`, { target_env: target, ...rest }, secret);
const fresh = () => {
  count += 1;
  return { key: `copy-${count}`, name: "Copy" };
};
const overwrite = { conflict_strategy: "overwrite" };

/** A schema without what no two environments have in common. */
async function schemaOf(key: string): Promise<unknown> {
  const parts = await Promise.all(
    ["resources?include_built_in=true", "roles", "condition_sets"].map((part) =>
      call("GET", `/v2/schema/default/${key}/${part}`),
    ),
  );
  return JSON.parse(JSON.stringify(parts, (name, value) => (/(^|_)(id|at)$/.test(name) ? "" : value)));
}
const keysOf = async (environment: string, part: string) =>
  ((await call("GET", `/v2/schema/default/${environment}/${part}`)).body as { key: string }[]).map(({ key }) => key);

beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
});
afterAll(() => local.close());

beforeEach(async () => {
  count += 1;
  from = `source-${count}`;
  ({ permit: source } = await newEnvironment(local.url, local.orgKey, from));
  const { api } = source;
  await call("POST", `/v2/schema/default/${from}/users/attributes`, { key: "department", type: "string" });
  await api.resources.create({
    key: "folder",
    name: "Folder",
    actions: { read: { name: "Read", attributes: { trust: "low" } } },
    roles: { viewer: { name: "Viewer", permissions: ["read"] } },
  });
  await api.resources.create({ key: "document", name: "Document", actions: { read: {}, write: {} } });
  await api.resourceRelations.create("document", { key: "parent", name: "Parent folder", subject_resource: "folder" });
  await api.resourceRoles.create("document", {
    key: "viewer",
    name: "Viewer",
    permissions: ["read"],
    granted_to: {
      when: { no_direct_roles_on_object: true },
      users_with_role: [{ role: "viewer", on_resource: "folder", linked_by_relation: "parent" }],
    },
  });
  await call("POST", `/v2/schema/default/${from}/resources/document/roles`, {
    ...{ key: "editor", name: "Editor", permissions: ["write"], extends: ["viewer"] },
  });
  await call("POST", `/v2/schema/default/${from}/resources/document/action_groups`, {
    ...{ key: "all", name: "All", actions: ["read", "write"] },
  });
  await api.roles.create({ key: "auditor", name: "Auditor", permissions: ["document:read", "folder:read"] });
  await call("POST", `/v2/schema/default/${from}/roles`, { key: "test-role", name: "Test", extends: ["auditor"] });
  await api.users.create({ key: "alice", role_assignments: [{ role: "auditor", tenant: "default" }] });
  await api.tenants.create({ key: "acme", name: "Acme" });
});

describe("to a new environment", () => {
  test("the whole schema, and no facts", async () => {
    const target = fresh();
    const answer = await copy({ new: target });
    expect(answer).toMatchObject({ status: 201, body: target });
    expect(await schemaOf(target.key)).toEqual(await schemaOf(from));
    const { secret } = await connect(local.url, local.orgKey).api.environments.getApiKey("default", target.key);
    const copied = connect(local.url, secret ?? "");
    expect(await copied.api.users.list()).toMatchObject({ total_count: 0 });
    expect((await copied.api.tenants.list()).map(({ key }) => key)).toEqual(["default"]);
    // What was copied decides: over the relation, where nothing direct is in the way.
    await copied.api.users.create({ key: "bob" });
    await copied.api.relationshipTuples.create({
      ...{ subject: "folder:f", relation: "parent", object: "document:d", tenant: "default" },
    });
    await copied.api.users.assignRole({
      user: "bob",
      role: "viewer",
      resource_instance: "folder:f",
      tenant: "default",
    });
    expect(await copied.check("bob", "read", "document:d")).toBe(true);
    expect(await copied.check("bob", "write", "document:d")).toBe(false);
  });

  test("the ids are its own: the source is not changed by what is done to the copy", async () => {
    const target = fresh();
    await copy({ new: target });
    const before = await schemaOf(from);
    await call("DELETE", `/v2/schema/default/${target.key}/resources/folder`);
    expect(await schemaOf(from)).toEqual(before);
    const idsOf = async (key: string) => {
      const { body } = await call("GET", `/v2/schema/default/${key}/resources/document`);
      const { organization_id, project_id } = body as Record<string, string>;
      const ids = JSON.stringify(body).match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
      return ids.filter((id) => id !== organization_id && id !== project_id);
    };
    const ids = await idsOf(from);
    expect(ids.length).toBeGreaterThan(5);
    expect((await idsOf(target.key)).filter((id) => ids.includes(id))).toEqual([]);
  });

  test("one that exists is a conflict, and stays as it is", async () => {
    const target = fresh();
    await copy({ new: target }, { scope: { resources: { include: ["folder"] }, roles: { exclude: ["*"] } } });
    expect(await copy({ new: target })).toMatchObject({ status: 409 });
    expect(await keysOf(target.key, "resources")).toEqual(["folder"]);
  });

  test("that can't be filled is not made", async () => {
    const target = fresh();
    // Without folders nothing can be their child.
    expect(await copy({ new: target }, { scope: { resources: { include: ["document"] } } })).toMatchObject({
      status: 404,
    });
    expect(await call("GET", `/v2/projects/default/envs/${target.key}`)).toMatchObject({ status: 404 });
  });
});

describe("condition sets and their rules", () => {
  const inSource = (method: string, part: string, body?: object) =>
    call(method, `/v2/${part.replace("ENV", `default/${from}`)}`, body);
  const rulesOf = async (environment: string) => {
    const { body } = await call("GET", `/v2/facts/default/${environment}/set_rules`);
    return (body as { user_set: string; permission: string; resource_set: string }[])
      .map(({ user_set, permission, resource_set }) => `${user_set} ${permission} ${resource_set}`)
      .toSorted();
  };
  const equals = (attribute: string, value: unknown) => ({ allOf: [{ [attribute]: { equals: value } }] });

  beforeEach(async () => {
    await inSource("POST", "schema/ENV/condition_sets", {
      ...{ key: "sales", type: "userset", name: "Sales", conditions: equals("user.department", "sales") },
    });
    // Made before its parent gets it: the order of rows is not the order of parents.
    const leads = { key: "leads", type: "userset", name: "Leads", conditions: equals("user.lead", true) };
    await inSource("POST", "schema/ENV/condition_sets", leads);
    await inSource("PATCH", "schema/ENV/condition_sets/sales", { parent_id: "leads" });
    await inSource("POST", "schema/ENV/condition_sets", {
      ...{ key: "short", type: "resourceset", resource_id: "document", name: "Short" },
      conditions: equals("resource.pages", 1),
    });
    const rule = { permission: "document:read", user_set: "sales", resource_set: "short" };
    await inSource("POST", "facts/ENV/set_rules", rule);
    await inSource("POST", "facts/ENV/set_rules", { ...rule, user_set: "auditor", is_role: true });
    await inSource("POST", "facts/ENV/set_rules", { ...rule, resource_set: "document", is_resource: true });
  });

  test("are copied and decide", async () => {
    const target = fresh();
    expect(await copy({ new: target })).toMatchObject({ status: 201 });
    expect(await schemaOf(target.key)).toEqual(await schemaOf(from));
    expect(await rulesOf(target.key)).toEqual(await rulesOf(from));
    expect(await rulesOf(target.key)).toHaveLength(3);
    const { secret } = await connect(local.url, local.orgKey).api.environments.getApiKey("default", target.key);
    const copied = connect(local.url, secret ?? "");
    await copied.api.users.create({ key: "bob", attributes: { department: "sales", lead: true } });
    await copied.api.users.create({ key: "carol", attributes: { department: "sales" } });
    expect(await copied.check("bob", "read", { type: "document", tenant: "default" })).toBe(true);
    expect(await copied.check("carol", "read", { type: "document", tenant: "default" })).toBe(false);
  });

  test("only those that the scope takes, with the rules between them", async () => {
    const target = fresh();
    expect(await copy({ new: target }, { scope: { user_sets: { exclude: ["*"] } } })).toMatchObject({ status: 201 });
    expect((await keysOf(target.key, "condition_sets")).filter((key) => !key.startsWith("__"))).toEqual(["short"]);
    expect(await rulesOf(target.key)).toEqual(["__autogen_auditor document:read short"]);
    // A set can't do without its parent, nor a set of a type without the type.
    expect(await copy({ new: fresh() }, { scope: { user_sets: { exclude: ["leads"] } } })).toMatchObject({
      status: 404,
    });
    expect(
      await copy({ new: fresh() }, { scope: { resources: { include: [] }, roles: { include: [] } } }),
    ).toMatchObject({ status: 404 });
  });

  test("conflict, or are replaced with what was between them", async () => {
    const { key } = fresh();
    await newEnvironment(local.url, local.orgKey, key);
    await copy({ existing: key });
    const inTarget = (method: string, part: string, body: object) =>
      call(method, `/v2/${part.replace("ENV", `default/${key}`)}`, body);
    await inTarget("PATCH", "schema/ENV/condition_sets/sales", { name: "Other", parent_id: null });
    await inTarget("PATCH", "schema/ENV/condition_sets/leads", { parent_id: "sales" });
    const rule = { user_set: "leads", permission: "document:write", resource_set: "short" };
    await inTarget("POST", "facts/ENV/set_rules", rule);
    const scope = { resources: { include: [] }, roles: { include: [] } };
    expect(await copy({ existing: key }, { scope })).toMatchObject({ status: 409 });
    expect(await copy({ existing: key }, overwrite)).toMatchObject({ status: 201 });
    expect(await schemaOf(key)).toEqual(await schemaOf(from));
    expect(await rulesOf(key)).toEqual(await rulesOf(from));
  });
});

describe("the scope", () => {
  test.each([
    [{ roles: { exclude: ["test*"] } }, ["folder", "document"], ["auditor"]],
    [{ roles: { include: ["*"], exclude: ["*-role"] } }, ["folder", "document"], ["auditor"]],
    [{ resources: { exclude: ["doc*ent"] }, roles: { exclude: ["*"] } }, ["folder"], []],
    [{ resources: { include: ["f*r", "__user"] }, roles: { include: [] } }, ["folder"], []],
  ])("%j", async (scope, resources, roles) => {
    const target = fresh();
    expect(await copy({ new: target }, { scope })).toMatchObject({ status: 201 });
    expect(await keysOf(target.key, "resources")).toEqual(resources);
    expect(await keysOf(target.key, "roles")).toEqual(roles);
  });

  test("a pattern of many stars is answered at once", async () => {
    const include = [`${"*a".repeat(10_000)}b`];
    const answer = await copy({ new: fresh() }, { scope: { resources: { include }, roles: { include } } });
    expect(answer).toMatchObject({ status: 201 });
  });
});

describe("to an environment that exists", () => {
  test("a conflict ends the copy, and nothing has changed", async () => {
    const { key } = fresh();
    const { permit } = await newEnvironment(local.url, local.orgKey, key);
    await permit.api.roles.create({ key: "auditor", name: "Mine" });
    const before = await schemaOf(key);
    expect(await copy({ existing: key })).toMatchObject({ status: 409, body: { error_code: "DUPLICATE_ENTITY" } });
    expect(await schemaOf(key)).toEqual(before);
    expect(await copy({ existing: key }, { scope: { roles: { exclude: ["auditor", "test-role"] } } })).toMatchObject({
      status: 201,
    });
    expect(await permit.api.roles.get("auditor")).toMatchObject({ name: "Mine" });
  });

  test.each([
    ["resources", { key: "folder", name: "Mine", actions: {} }, "Resource with key 'folder' already exists"],
    ["roles", { key: "auditor", name: "Mine" }, "Role with key 'auditor' already exists"],
    ["users/attributes", { key: "department", type: "number" }, "Attribute with key 'department' already exists"],
    ["condition_sets", { key: "vip", name: "Mine", type: "userset" }, "Condition set with key 'vip' already exists"],
  ])("one of %s is enough for a conflict", async (part, body, message) => {
    const { key } = fresh();
    await newEnvironment(local.url, local.orgKey, key);
    const vip = { key: "vip", name: "Very important", type: "userset" };
    await call("POST", `/v2/schema/default/${from}/condition_sets`, vip);
    await call("POST", `/v2/schema/default/${key}/${part}`, body);
    const before = await schemaOf(key);
    const answer = await copy({ existing: key });
    expect(answer).toMatchObject({ status: 409, body: { message: expect.stringContaining(message) } });
    expect(await schemaOf(key)).toEqual(before);
    expect(await copy({ existing: key }, overwrite)).toMatchObject({ status: 201 });
    expect(await schemaOf(key)).not.toEqual(before);
  });

  test("overwriting makes what is taken equal to the source, and leaves the rest with its facts", async () => {
    const { key } = fresh();
    const { permit } = await newEnvironment(local.url, local.orgKey, key);
    const { api } = permit;
    await api.resources.create({
      key: "document",
      name: "Old",
      actions: { read: {}, burn: {} },
      roles: {
        arsonist: { name: "Arsonist", permissions: ["burn"] },
        viewer: { name: "Old viewer", permissions: ["burn"] },
      },
    });
    await api.resources.create({ key: "other", name: "Other", actions: {} });
    await api.roles.create({ key: "janitor", name: "Janitor", permissions: ["document:burn", "document:read"] });
    await api.users.create({ key: "alice" });
    const on = { user: "alice", resource_instance: "document:d", tenant: "default" };
    await api.users.assignRole({ ...on, role: "arsonist" });
    await api.users.assignRole({ ...on, role: "viewer" });
    expect(await copy({ existing: key }, overwrite)).toMatchObject({ status: 201, body: { key } });
    const document = (await api.resources.get("document")) as unknown as { roles: object; actions: object };
    expect(Object.keys(document.roles)).toEqual(["viewer", "editor"]);
    expect(Object.keys(document.actions)).toEqual(["read", "write"]);
    expect(await api.roles.get("janitor")).toMatchObject({ permissions: ["document:read"] });
    expect(await keysOf(key, "resources")).toEqual(["document", "other", "folder"]);
    expect((await api.roleAssignments.list({})).map(({ role }) => role)).toEqual(["viewer"]);
    expect(await permit.check("alice", "read", "document:d")).toBe(true);
    // Twice is the same as once.
    const before = await schemaOf(key);
    expect(await copy({ existing: key }, overwrite)).toMatchObject({ status: 201 });
    expect(await schemaOf(key)).toEqual(before);
  });

  test.each([
    ["neither of the targets", {}, 400],
    ["both targets", { existing: "x", new: { key: "x", name: "x" } }, 400],
    ["no such environment", { existing: "no-such-environment" }, 404],
    ["an unknown field", { existing: "x", other: "x" }, 422],
  ])("%s: refused", async (_what, target, status) => {
    expect(await copy(target)).toMatchObject({ status });
  });

  test("itself: refused", async () => {
    expect(await copy({ existing: from })).toMatchObject({ status: 400 });
  });
});

describe("at once, with the result later", () => {
  const start = (target: object, query = "", rest: object = {}) =>
    call("POST", `/v2/projects/default/envs/${from}/copy/async${query}`, { target_env: target, ...rest });
  const result = (id: string, environment = from, query = "") =>
    call("GET", `/v2/projects/default/envs/${environment}/copy/async/${id}/result${query}`);

  test("success", async () => {
    const target = fresh();
    const { status, body } = await start({ new: target });
    expect(status).toBe(202);
    const { task_id } = body as { task_id: string };
    expect(await result(task_id, from, "?wait=10")).toMatchObject({
      status: 200,
      body: { task_id, status: "success", result: target, error: null },
    });
    expect(await schemaOf(target.key)).toEqual(await schemaOf(from));
    expect(await start({ new: fresh() }, "?wait=10")).toMatchObject({ status: 202, body: { status: "success" } });
  });

  test("failure, and what can be said before", async () => {
    const target = fresh();
    await newEnvironment(local.url, local.orgKey, target.key);
    await copy({ existing: target.key });
    expect(await start({ existing: target.key }, "?wait=10")).toMatchObject({
      status: 202,
      body: { status: "failure", result: null, error: { error_code: "DUPLICATE_ENTITY" } },
    });
    expect(await start({ existing: "no-such-environment" })).toMatchObject({ status: 404 });
    expect(await start({ new: fresh() }, "?wait=soon")).toMatchObject({ status: 422 });
  });

  test("another environment does not see the task", async () => {
    const { body } = await start({ new: fresh() }, "?wait=10");
    const { task_id } = body as { task_id: string };
    const other = fresh().key;
    await newEnvironment(local.url, local.orgKey, other);
    expect(await result(task_id, other)).toMatchObject({ status: 404 });
    expect(await result("no-such-task")).toMatchObject({ status: 404 });
  });
});

describe("copying needs a key of the project", () => {
  test("an environment's own key copies neither out nor in", async () => {
    const { secret } = await newEnvironment(local.url, local.orgKey, fresh().key);
    const { secret: own } = await connect(local.url, local.orgKey).api.environments.getApiKey("default", from);
    for (const key of [secret, own]) {
      expect(await copy({ new: fresh() }, {}, key)).toMatchObject({ status: 403 });
      expect(await copy({ existing: from }, overwrite, key)).toMatchObject({ status: 403 });
    }
  });

  test("nothing goes from project to project", async () => {
    const name = `project-${count}`;
    const environment = { key: "theirs", name: "Theirs" };
    const project = await call("POST", "/v2/projects", { key: name, name, initial_environments: [environment] });
    const { organization_id, id } = project.body as { organization_id: string; id: string };
    const key = await call("POST", "/v2/api-key", { organization_id, project_id: id, object_type: "project" });
    const { secret } = key.body as { secret: string };
    const theirs = await call("GET", `/v2/projects/${name}/envs/theirs`, undefined, secret);
    const { id: target } = theirs.body as { id: string };
    expect(await copy({ existing: target })).toMatchObject({ status: 404 });
    expect(await copy({ existing: target }, {}, secret)).toMatchObject({ status: 403 });
    expect(
      await call("POST", `/v2/projects/${name}/envs/theirs/copy`, { target_env: { existing: from } }, secret),
    ).toMatchObject({ status: 404 });
    expect(await keysOf(from, "resources")).toEqual(["folder", "document"]);
  });
});

test("statistics count what there is", async () => {
  const stats = async () =>
    ((await call("GET", `/v2/projects/default/envs/${from}/stats`)).body as { stats: object }).stats;
  const before = { roles: 5, users: 1, policies: 5, resources: 2, tenants: 2, members: [] };
  expect(await stats()).toEqual({ ...before, has_decision_logs: false, mau: 0 });
  await source.check("alice", "read", "document:d");
  await source.check("alice", "write", "document:d");
  await source.check("nobody", "write", "document:d");
  expect(await stats()).toEqual({ ...before, has_decision_logs: true, mau: 2 });
});
