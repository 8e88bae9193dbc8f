import type { Permit } from "permitio";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { publicMethods, recordingCalls } from "./testing/recorded-calls.ts";
import { connect } from "./testing/sdk.ts";

let local: LocalPermit;
let organization: Permit["api"];
let permit: Permit;
let api: Permit["api"];
const called = new Set<string>();

beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
  organization = recordingCalls(connect(local.url, local.orgKey).api, called);
});
afterAll(() => local.close());

// The tests build on each other, as the calls of a program do. What the SDK sends and what it gets is compared with
// Permit's API description on the way, here as in every test.
test("projects and environments", async () => {
  const { projects, environments } = organization;
  const project = await projects.create({ key: "shop", name: "Shop" });
  await projects.update("shop", { description: "Sells" });
  expect(await projects.getById(project.id)).toMatchObject({ key: "shop", description: "Sells" });
  expect(await projects.getByKey("shop")).toEqual(await projects.get("shop"));
  expect((await projects.list({ page: 1, perPage: 10 })).map(({ key }) => key)).toEqual(["default", "shop"]);

  const testing = await environments.create("shop", { key: "test", name: "Testing" });
  await environments.update("shop", "test", { name: "Test" });
  expect(await environments.getById(project.id, testing.id)).toMatchObject({ key: "test", name: "Test" });
  expect(await environments.getByKey("shop", "test")).toEqual(await environments.get("shop", "test"));
  await environments.copy("shop", "test", { target_env: { new: { key: "copy", name: "Copy" } } });
  expect((await environments.list({ projectKey: "shop" })).map(({ key }) => key)).toEqual([
    "dev",
    "production",
    "test",
    "copy",
  ]);
  expect(await environments.getStats("shop", "copy")).toMatchObject({ key: "copy" });
  await environments.delete("shop", "copy");
  await projects.create({ key: "gone", name: "Gone" });
  await projects.delete("gone");

  const { secret = "" } = await environments.getApiKey("shop", "test");
  permit = connect(local.url, secret);
  api = recordingCalls(permit.api, called);
  await expect(permit.api.environments.create("shop", { key: "x", name: "X" })).rejects.toThrow("access level");
});

test("schema", async () => {
  const folder = await api.resources.create({ key: "folder", name: "Folder", actions: { read: {} } });
  await api.resources.create({ key: "document", name: "Doc", actions: { read: {} }, attributes: {} });
  await api.resources.replace("document", { name: "Document", actions: { read: {}, write: {} } });
  await api.resources.update("document", { description: "Pages" });
  expect(await api.resources.getById(folder.id)).toEqual(await api.resources.getByKey("folder"));
  expect(await api.resources.get("document")).toMatchObject({ name: "Document", description: "Pages" });
  expect((await api.resources.list()).map(({ key }) => key)).toEqual(["folder", "document"]);

  const share = await api.resourceActions.create("document", { key: "share", name: "Share" });
  await api.resourceActions.update("document", "share", { description: "With others" });
  expect(await api.resourceActions.getById("document", share.id)).toMatchObject({ description: "With others" });
  expect(await api.resourceActions.getByKey("document", "share")).toEqual(
    await api.resourceActions.get("document", "share"),
  );
  expect((await api.resourceActions.list({ resourceKey: "document" })).map(({ key }) => key)).toEqual([
    ...["read", "write", "share"],
  ]);
  const group = await api.actionGroups.create("document", { key: "all", name: "All", actions: ["read", "write"] });
  await api.actionGroups.update("document", "all", { name: "Everything" });
  expect(await api.actionGroups.getById("document", group.id)).toMatchObject({ name: "Everything" });
  expect(await api.actionGroups.getByKey("document", "all")).toEqual(await api.actionGroups.get("document", "all"));
  expect((await api.actionGroups.list({ resourceKey: "document" })).map(({ key }) => key)).toEqual(["all"]);
  await api.actionGroups.delete("document", "all");
  await api.resourceActions.delete("document", "share");

  const pages = await api.resourceAttributes.create("document", { key: "pages", type: "number" });
  await api.resourceAttributes.update("document", "pages", { description: "How many" });
  expect(await api.resourceAttributes.getById("document", pages.id)).toMatchObject({ description: "How many" });
  expect(await api.resourceAttributes.getByKey("document", "pages")).toEqual(
    await api.resourceAttributes.get("document", "pages"),
  );
  expect((await api.resourceAttributes.list({ resourceKey: "document" })).map(({ key }) => key)).toEqual(["pages"]);
  await api.resourceAttributes.delete("document", "pages");

  const relation = { key: "parent", name: "Parent", subject_resource: "folder" };
  const parent = await api.resourceRelations.create("document", relation);
  await api.resourceRelations.create("document", { ...relation, key: "gone" });
  await api.resourceRelations.delete("document", "gone");
  expect(await api.resourceRelations.getById("document", parent.id)).toMatchObject(relation);
  expect(await api.resourceRelations.getByKey("document", "parent")).toEqual(
    await api.resourceRelations.get("document", "parent"),
  );
  // Typed as a list; Permit answers a page.
  expect(await api.resourceRelations.list({ resourceKey: "document" })).toMatchObject({ data: [relation] });
});

test("roles and derivations", async () => {
  const { resourceRoles, roles } = api;
  await resourceRoles.create("folder", { key: "owner", name: "Owner" });
  const viewer = await resourceRoles.create("document", { key: "viewer", name: "Viewer", permissions: ["read"] });
  await resourceRoles.create("document", { key: "gone", name: "Gone" });
  await resourceRoles.delete("document", "gone");
  await resourceRoles.update("document", "viewer", { description: "Reads" });
  await resourceRoles.assignPermissions("document", "viewer", ["document:write"]);
  await resourceRoles.removePermissions("document", "viewer", ["document:write"]);
  const rule = { role: "owner", on_resource: "folder", linked_by_relation: "parent" };
  expect(await resourceRoles.createRoleDerivation("document", "viewer", rule)).toMatchObject(rule);
  await resourceRoles.updateRoleDerivationConditions("document", "viewer", { no_direct_roles_on_object: true });
  expect(await resourceRoles.getById("document", viewer.id)).toMatchObject({
    description: "Reads",
    permissions: ["read"],
    granted_to: { when: { no_direct_roles_on_object: true }, users_with_role: [rule] },
  });
  await resourceRoles.deleteRoleDerivation("document", "viewer", rule);
  expect(await resourceRoles.getByKey("document", "viewer")).toEqual(await resourceRoles.get("document", "viewer"));
  expect((await resourceRoles.list({ resourceKey: "document" })).map(({ key }) => key)).toEqual(["viewer"]);

  const reader = await roles.create({ key: "reader", name: "Reader", permissions: ["document:read"] });
  await roles.create({ key: "gone", name: "Gone" });
  await roles.delete("gone");
  await roles.update("reader", { description: "Reads" });
  await roles.assignPermissions("reader", ["folder:read"]);
  await roles.removePermissions("reader", ["folder:read"]);
  expect(await roles.getById(reader.id)).toMatchObject({ description: "Reads", permissions: ["document:read"] });
  expect(await roles.getByKey("reader")).toEqual(await roles.get("reader"));
  expect((await roles.list()).map(({ key }) => key)).toEqual(["reader"]);
});

test("tenants and users", async () => {
  const { tenants, users } = api;
  const acme = await tenants.create({ key: "acme", name: "Acme", attributes: { tier: 1 } });
  await tenants.update("acme", { description: "Makes everything" });
  expect(await tenants.getById(acme.id)).toMatchObject({ key: "acme", description: "Makes everything" });
  expect(await tenants.getByKey("acme")).toEqual(await tenants.get("acme"));
  expect((await tenants.list({ search: "acm" })).map(({ key }) => key)).toEqual(["acme"]);

  const key = "human|alice@example.com";
  const alice = await users.create({ key, email: "alice@example.com" });
  expect(await users.sync({ key, first_name: "Alice" })).toMatchObject({ created: false });
  await users.update(key, { last_name: "Smith" });
  expect(await users.getById(alice.id)).toMatchObject({ key, first_name: "Alice", last_name: "Smith" });
  expect(await users.getByKey(key)).toEqual(await users.get(key));
  expect(await users.list({ search: "smith", role: "" })).toMatchObject({ data: [{ key }], total_count: 1 });
  await users.bulkUserCreate([{ key: "b" }, { key: "c" }]);
  await users.bulkUserReplace([{ key: "b", first_name: "B" }, { key: "d" }]);
  await users.bulkUserDelete(["c", "d"]);
  await users.assignRole({ user: "b", role: "reader", tenant: "acme" });
  expect(await users.getAssignedRoles({ user: "b", tenant: "acme" })).toMatchObject([{ role: "reader" }]);
  expect(await tenants.listTenantUsers({ tenantKey: "acme" })).toMatchObject({ data: [{ key: "b", first_name: "B" }] });
  await users.unassignRole({ user: "b", role: "reader", tenant: "acme" });
  await users.assignRole({ user: "b", role: "reader", tenant: "acme" });
  await tenants.deleteTenantUser("acme", "b");
  expect(await tenants.listTenantUsers({ tenantKey: "acme" })).toMatchObject({ data: [] });
  await users.delete("b");
});

test("instances, tuples and role assignments", async () => {
  const { resourceInstances, relationshipTuples, roleAssignments } = api;
  const instance = { resource: "document", key: "plan", tenant: "acme" };
  const plan = await resourceInstances.create({ ...instance, attributes: { pages: 1 } });
  await resourceInstances.update("document:plan", { attributes: { pages: 2 } });
  expect(await resourceInstances.getById(plan.id)).toMatchObject({ ...instance, attributes: { pages: 2 } });
  expect(await resourceInstances.getByKey("document:plan")).toEqual(await resourceInstances.get("document:plan"));
  expect(await resourceInstances.list({ tenant: "acme", resource: "document" })).toHaveLength(1);

  const tuple = { subject: "folder:f", relation: "parent", object: "document:plan" };
  expect(await relationshipTuples.create({ ...tuple, tenant: "acme" })).toMatchObject({ tenant: "acme", ...tuple });
  expect(await relationshipTuples.list({ subject: "folder:f" })).toMatchObject([tuple]);
  await relationshipTuples.delete(tuple);
  await relationshipTuples.bulkRelationshipTuples([tuple]);
  await relationshipTuples.bulkUnRelationshipTuples([tuple]);
  expect(await relationshipTuples.list({})).toEqual([]);

  const user = "human|alice@example.com";
  const assignment = { user, role: "viewer", resource_instance: "document:plan", tenant: "acme" };
  expect(await roleAssignments.assign(assignment)).toMatchObject(assignment);
  expect(await permit.check(user, "read", { type: "document", key: "plan", tenant: "acme" })).toBe(true);
  expect(await roleAssignments.list({ user, resourceInstance: "document:plan" })).toHaveLength(1);
  expect(await roleAssignments.list({ user, detailed: true, includeTotalCount: true })).toMatchObject({
    total_count: 1,
    data: [{ user: { key: user } }],
  });
  await roleAssignments.unassign(assignment);
  await roleAssignments.bulkAssign([assignment]);
  await roleAssignments.bulkUnassign([assignment]);
  expect(await roleAssignments.list({})).toEqual([]);
  await resourceInstances.delete("document:plan");
});

test("condition sets and their rules", async () => {
  const { conditionSets, conditionSetRules } = api;
  const conditions = { allOf: [{ "user.department": { equals: "sales" } }] };
  const sales = await conditionSets.create({ key: "sales", type: "userset", name: "Sales", conditions });
  await conditionSets.create({ key: "all", type: "resourceset", name: "All", resource_id: "folder", conditions: {} });
  await conditionSets.update("sales", { description: "Sells" });
  expect(await conditionSets.getById(sales.id)).toMatchObject({ key: "sales", description: "Sells", conditions });
  expect(await conditionSets.getByKey("sales")).toEqual(await conditionSets.get("sales"));
  expect((await conditionSets.list()).map(({ key }) => key)).toEqual(["sales", "all"]);
  const rule = { user_set: "sales", permission: "folder:read", resource_set: "all" };
  expect(await conditionSetRules.create(rule)).toMatchObject(rule);
  expect(
    await conditionSetRules.list({
      ...{ userSetKey: "sales", permissionKey: "folder:read", resourceSetKey: "all" },
    }),
  ).toMatchObject([rule]);
  await api.users.create({ key: "seller", attributes: { department: "sales" } });
  expect(await permit.check("seller", "read", { type: "folder", tenant: "acme" })).toBe(true);
  await conditionSetRules.delete(rule);
  expect(await permit.check("seller", "read", { type: "folder", tenant: "acme" })).toBe(false);

  await api.createConditionSet({ key: "old", type: "userset", name: "Old", conditions });
  await api.updateConditionSet("old", { name: "Older" });
  expect((await api.listConditionSets("userset", 1, 10)).map(({ name }) => name)).toEqual(["Sales", "Older"]);
  await api.assignConditionSetRule({ ...rule, user_set: "old" });
  expect(await api.listConditionSetsRules(1, 10)).toHaveLength(1);
  await api.unassignConditionSetRule({ ...rule, user_set: "old" });
  await api.deleteConditionSet("old");
  await conditionSets.delete("all");
  await conditionSets.delete("sales");
  await api.users.delete("seller");
});

test("the methods that older programs use", async () => {
  await api.createResource({ key: "old", name: "Old", actions: { read: {} } });
  await api.updateResource("old", { name: "Older" });
  await api.createRole({ key: "elder", name: "Elder", permissions: ["old:read"] });
  await api.updateRole("elder", { description: "Reads" });
  expect(await api.getRole("elder")).toMatchObject({ description: "Reads" });
  expect((await api.listRoles()).map(({ key }) => key)).toEqual(["reader", "elder"]);
  await api.createTenant({ key: "t", name: "T" });
  await api.updateTenant("t", { name: "Tenant" });
  expect(await api.getTenant("t")).toMatchObject({ name: "Tenant" });
  expect((await api.listTenants()).map(({ key }) => key)).toEqual(["default", "acme", "t"]);
  await api.createUser({ key: "u" });
  await api.syncUser({ key: "u", first_name: "U" });
  await api.updateUser("u", { last_name: "V" });
  expect(await api.getUser("u")).toMatchObject({ first_name: "U", last_name: "V" });
  await api.listUsers();
  await api.assignRole({ user: "u", role: "elder", tenant: "t" });
  expect(await api.getAssignedRoles("u", "t")).toMatchObject([{ role: "elder", tenant: "t" }]);
  await api.unassignRole({ user: "u", role: "elder", tenant: "t" });
  await api.deleteUser("u");
  await api.deleteTenant("t");
  await api.deleteRole("elder");
  await api.deleteResource("old");
  expect(await api.resources.list()).toHaveLength(2);
});

test("what is made can be taken away", async () => {
  await api.tenants.delete("acme");
  await api.users.delete("human|alice@example.com");
  await api.resources.delete("document");
  await api.resources.delete("folder");
  expect(await organization.environments.getStats("shop", "test")).toMatchObject({
    stats: { resources: 0, users: 0, tenants: 1, roles: 1 },
  });
});

test("no method of the SDK was left out", () => {
  const methods = publicMethods(permit.api);
  expect(methods.length).toBeGreaterThan(100);
  expect(methods.filter((name) => !called.has(name))).toEqual([]);
});
