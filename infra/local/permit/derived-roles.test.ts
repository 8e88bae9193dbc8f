import type { Permit } from "permitio";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { newEnvironment } from "./testing/sdk.ts";

let local: LocalPermit;
let permit: Permit;
let environments = 0;

beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
});
afterAll(() => local.close());

const rule = (role: string, on_resource: string, linked_by_relation: string, blocked = false) => ({
  role,
  on_resource,
  linked_by_relation,
  when: { no_direct_roles_on_object: blocked },
});
const viewer = (users_with_role: ReturnType<typeof rule>[], blocked = false) => ({
  viewer: {
    name: "Viewer",
    permissions: ["view"],
    granted_to: { when: { no_direct_roles_on_object: blocked }, users_with_role },
  },
});
const actions = { view: {}, edit: {} };
const document = (key: string) => ({ type: "document", key, tenant: "default" });
const assign = (role: string, resource_instance: string) =>
  permit.api.users.assignRole({ user: "alice", role, resource_instance, tenant: "default" });
const relate = (subject: string, relation: string, object: string) =>
  permit.api.relationshipTuples.create({ subject, relation, object, tenant: "default" });

/** account --account--> folder --parent--> document; folders nest through `parent` as well. */
beforeEach(async () => {
  environments += 1;
  ({ permit } = await newEnvironment(local.url, local.orgKey, `env-${environments}`));
  await permit.api.resources.create({
    key: "account",
    name: "Account",
    actions,
    roles: { member: { name: "Member" }, admin: { name: "Admin", extends: ["member"] } },
  });
  await permit.api.resources.create({
    key: "folder",
    name: "Folder",
    actions,
    relations: { account: "account", parent: "folder" },
    roles: viewer([rule("member", "account", "account"), rule("viewer", "folder", "parent")]),
  });
  await permit.api.resources.create({
    key: "document",
    name: "Document",
    actions,
    relations: { parent: "folder" },
    roles: {
      ...viewer([rule("viewer", "folder", "parent")]),
      editor: { name: "Editor", permissions: ["edit"], extends: ["viewer"] },
    },
  });
  await permit.api.users.create({ key: "alice" });
});

test("through two steps and through folders in folders", async () => {
  await relate("account:acme", "account", "folder:a");
  await relate("folder:a", "parent", "folder:b");
  await relate("folder:b", "parent", "document:d");
  expect(await permit.check("alice", "view", document("d"))).toBe(false);
  await assign("member", "account:acme");
  expect(await permit.check("alice", "view", document("d"))).toBe(true);
  expect(await permit.check("alice", "edit", document("d"))).toBe(false);
  await permit.api.relationshipTuples.delete({ subject: "folder:a", relation: "parent", object: "folder:b" });
  expect(await permit.check("alice", "view", document("d"))).toBe(false);
});

test("circles end, and give nothing by themselves", async () => {
  await relate("folder:a", "parent", "folder:b");
  await relate("folder:b", "parent", "folder:a");
  await relate("folder:a", "parent", "folder:a");
  await relate("folder:b", "parent", "document:d");
  expect(await permit.check("alice", "view", document("d"))).toBe(false);
  await assign("viewer", "folder:a");
  expect(await permit.check("alice", "view", document("d"))).toBe(true);
});

test("extends gives permissions, not derivations", async () => {
  await relate("account:acme", "account", "folder:a");
  await assign("admin", "account:acme");
  expect(await permit.check("alice", "view", { type: "folder", key: "a" })).toBe(false);
  await assign("editor", "document:d");
  expect(await permit.check("alice", "view", document("d"))).toBe(true);
  expect(await permit.check("alice", "edit", document("d"))).toBe(true);
});

test("extending in a circle ends", async () => {
  const roles = { member: { name: "Member", extends: ["admin"] }, admin: { name: "Admin", extends: ["member"] } };
  await permit.api.resources.update("account", { roles });
  await assign("member", "account:acme");
  expect(await permit.check("alice", "view", { type: "account", key: "acme" })).toBe(false);
});

describe("no_direct_roles_on_object", () => {
  beforeEach(async () => {
    await relate("folder:a", "parent", "document:d");
    await assign("viewer", "folder:a");
    await permit.api.resourceRoles.create("document", { key: "guest", name: "Guest" });
  });

  test("on the derivation: any direct role on the object, and only there, switches it off", async () => {
    await permit.api.resourceRoles.update("document", "viewer", {
      granted_to: viewer([rule("viewer", "folder", "parent")], true).viewer.granted_to,
    });
    expect(await permit.check("alice", "view", document("d"))).toBe(true);
    await assign("guest", "document:other");
    expect(await permit.check("alice", "view", document("d"))).toBe(true);
    await assign("guest", "document:d");
    expect(await permit.check("alice", "view", document("d"))).toBe(false);
  });

  test("on one rule: the others still count", async () => {
    await permit.api.relationshipTuples.create({
      subject: "folder:a",
      relation: "parent",
      object: "document:d2",
      tenant: "default",
    });
    await permit.api.resourceRelations.create("document", {
      key: "shelf",
      name: "Shelf",
      subject_resource: "folder",
    });
    await permit.api.resourceRoles.update("document", "viewer", {
      granted_to: { users_with_role: [rule("viewer", "folder", "parent", true), rule("viewer", "folder", "shelf")] },
    });
    await assign("guest", "document:d");
    expect(await permit.check("alice", "view", document("d"))).toBe(false);
    expect(await permit.check("alice", "view", document("d2"))).toBe(true);
    await relate("folder:a", "shelf", "document:d");
    expect(await permit.check("alice", "view", document("d"))).toBe(true);
  });

  test("set through its own endpoint", async () => {
    await assign("guest", "document:d");
    expect(await permit.check("alice", "view", document("d"))).toBe(true);
    await permit.api.resourceRoles.updateRoleDerivationConditions("document", "viewer", {
      no_direct_roles_on_object: true,
    });
    expect(await permit.check("alice", "view", document("d"))).toBe(false);
  });
});

describe("tenants", () => {
  beforeEach(() => permit.api.tenants.create({ key: "other", name: "Other" }));

  test("an instance is decided in its own tenant only", async () => {
    await assign("viewer", "document:d");
    expect(await permit.check("alice", "view", document("d"))).toBe(true);
    expect(await permit.check("alice", "view", { ...document("d"), tenant: "other" })).toBe(false);
  });

  test("no tuple and no assignment crosses tenants", async () => {
    await permit.api.resourceInstances.create({ resource: "folder", key: "theirs", tenant: "other" });
    await permit.api.resourceInstances.create({ resource: "document", key: "ours", tenant: "default" });
    await expect(relate("folder:theirs", "parent", "document:ours")).rejects.toMatchObject({
      response: { status: 400, data: { error_code: "MISMATCH_RESOURCE_INSTANCES_TENANTS" } },
    });
    await expect(assign("viewer", "folder:theirs")).rejects.toMatchObject({
      response: { status: 400, data: { error_code: "MISMATCH_RESOURCE_INSTANCES_TENANTS" } },
    });
    await permit.api.users.assignRole({
      user: "alice",
      role: "viewer",
      resource_instance: "folder:theirs",
      tenant: "other",
    });
    expect(await permit.check("alice", "view", document("ours"))).toBe(false);
    expect(await permit.api.relationshipTuples.list({})).toEqual([]);
  });

  test("a tenant-level role counts in its tenant, for every instance", async () => {
    await permit.api.roles.create({ key: "reader", name: "Reader", permissions: ["document:view"] });
    await permit.api.users.assignRole({ user: "alice", role: "reader", tenant: "other" });
    expect(await permit.check("alice", "view", { type: "document", tenant: "other" })).toBe(true);
    expect(await permit.check("alice", "edit", { type: "document", tenant: "other" })).toBe(false);
    expect(await permit.check("alice", "view", { type: "document", tenant: "default" })).toBe(false);
  });

  test("roles of two types with one name stay apart", async () => {
    await assign("viewer", "folder:x");
    expect(await permit.check("alice", "view", document("x"))).toBe(false);
    await expect(
      permit.api.users.assignRole({ user: "alice", role: "viewer", tenant: "default" }),
    ).rejects.toMatchObject({ response: { status: 404 } });
  });
});
