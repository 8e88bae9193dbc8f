import type { Permit } from "permitio";
import { beforeEach, describe, expect, test } from "vitest";
import { freshEnvironment } from "./testing/fresh-environment.ts";

const env = freshEnvironment();
let permit: Permit;
beforeEach(() => {
  ({ permit } = env);
});

/** Who may do what, one question after the other and all at once: both must say the same. */
async function answers(
  questions: readonly (readonly [
    user: string,
    action: string,
    type: string,
    key: string | undefined,
    tenant: string,
  ])[],
): Promise<readonly boolean[]> {
  const checks = questions.map(([user, action, type, key, tenant]) => ({
    user,
    action,
    resource: { type, tenant, ...(key === undefined ? {} : { key }) },
  }));
  const bulk = await permit.bulkCheck(checks);
  for (const [index, { user, action, resource }] of checks.entries()) {
    expect(await permit.check(user, action, resource), JSON.stringify(checks[index])).toBe(bulk[index]);
  }
  return bulk;
}

/** The SDK sends what its types leave out. */
const extend = (role: string, others: readonly string[]) =>
  permit.api.roles.update(role, Object.assign({ name: role }, { extends: others }));

describe("roles in tenants", () => {
  const actions = ["create", "read", "update", "delete"];
  /** What each user may do with invoices, by tenant. */
  const allowed = async (...users: string[]) => {
    const places = users.flatMap((user) => ["acme", "globex"].map((tenant) => [user, tenant] as const));
    const bits = await answers(
      places.flatMap(([user, tenant]) =>
        actions.map((action) => [user, action, "invoice", undefined, tenant] as const),
      ),
    );
    return places.map(([user, tenant], index) => {
      const own = actions.filter((_, offset) => bits[index * actions.length + offset]);
      return `${user}@${tenant}: ${own.join(" ")}`.trim();
    });
  };

  beforeEach(async () => {
    const { api } = permit;
    await api.resources.create({
      key: "invoice",
      name: "Invoice",
      actions: Object.fromEntries(actions.map((action) => [action, {}])),
    });
    await api.roles.create({ key: "reader", name: "Reader", permissions: ["invoice:read"] });
    await api.roles.create({ key: "clerk", name: "Clerk", permissions: ["invoice:create", "invoice:update"] });
    await api.roles.create({ key: "boss", name: "Boss", permissions: ["invoice:delete"] });
    await extend("clerk", ["reader"]);
    await extend("boss", ["clerk"]);
    for (const key of ["acme", "globex"]) await api.tenants.create({ key, name: key });
    await api.users.bulkUserCreate(["ann", "ben", "cid"].map((key) => ({ key })));
    await api.roleAssignments.bulkAssign([
      { user: "ann", role: "boss", tenant: "acme" },
      { user: "ann", role: "reader", tenant: "globex" },
      { user: "ben", role: "clerk", tenant: "globex" },
    ]);
  });

  test("count in their tenant, with what they extend over several steps", async () => {
    expect(await allowed("ann", "ben", "cid")).toEqual([
      "ann@acme: create read update delete",
      "ann@globex: read",
      "ben@acme:",
      "ben@globex: create read update",
      "cid@acme:",
      "cid@globex:",
    ]);
    const permissions = await permit.getUserPermissions("ann", ["acme", "globex"]);
    expect(Object.fromEntries(Object.entries(permissions).map(([place, each]) => [place, each.permissions]))).toEqual({
      "__tenant:acme": ["invoice:create", "invoice:delete", "invoice:read", "invoice:update"],
      "__tenant:globex": ["invoice:read"],
    });
  });

  test("what is extended, permitted and assigned changes from the next question on", async () => {
    await extend("clerk", []);
    expect(await allowed("ann", "ben")).toEqual([
      ...["ann@acme: create update delete", "ann@globex: read", "ben@acme:", "ben@globex: create update"],
    ]);
    await permit.api.roles.assignPermissions("clerk", ["invoice:read"]);
    await permit.api.roles.removePermissions("clerk", ["invoice:create"]);
    await extend("reader", ["boss"]);
    // Now each extends the other: what one has, all have.
    await extend("clerk", ["reader"]);
    expect(await allowed("ann", "ben")).toEqual([
      ...["ann@acme: read update delete", "ann@globex: read update delete"],
      ...["ben@acme:", "ben@globex: read update delete"],
    ]);
    await permit.api.roles.delete("boss");
    expect(await allowed("ann", "ben")).toEqual([
      ...["ann@acme:", "ann@globex: read", "ben@acme:", "ben@globex: read update"],
    ]);
    await permit.api.roleAssignments.bulkUnassign([
      { user: "ben", role: "clerk", tenant: "globex" },
      { user: "ann", role: "reader", tenant: "globex" },
    ]);
    expect(await allowed("ann", "ben")).toEqual(["ann@acme:", "ann@globex:", "ben@acme:", "ben@globex:"]);
  });

  test("go with the tenant, the user, the action and the type", async () => {
    await permit.api.tenants.delete("acme");
    await permit.api.tenants.create({ key: "acme", name: "Again" });
    expect(await allowed("ann")).toEqual(["ann@acme:", "ann@globex: read"]);
    await permit.api.resourceActions.delete("invoice", "update");
    await permit.api.resourceActions.create("invoice", { key: "update", name: "Update" });
    expect(await allowed("ben")).toEqual(["ben@acme:", "ben@globex: create read"]);
    await permit.api.resources.delete("invoice");
    await permit.api.resources.create({ key: "invoice", name: "Invoice", actions: { create: {}, read: {} } });
    expect(await allowed("ann", "ben")).toEqual(["ann@acme:", "ann@globex:", "ben@acme:", "ben@globex:"]);
  });
});

/** company --company--> team --team--> project --project--> task; a team has a lead team besides. */
describe("roles through relations", () => {
  const tenant = "default";
  const on = (user: string, role: string, resource_instance: string) => ({ user, role, resource_instance, tenant });
  const rule = (role: string, on_resource: string, linked_by_relation: string) => ({
    ...{ role, on_resource, linked_by_relation },
  });
  const tasks = async (...questions: (readonly [user: string, action: string, key: string])[]) =>
    answers(questions.map(([user, action, key]) => [user, action, "task", key, tenant] as const));

  beforeEach(async () => {
    const { api } = permit;
    await api.resources.create({ key: "company", name: "C", actions: {}, roles: { owner: { name: "Owner" } } });
    await api.resources.create({ key: "team", name: "T", actions: {}, relations: { company: "company" } });
    await api.resourceRelations.create("team", { key: "lead", name: "Lead", subject_resource: "team" });
    await api.resourceRoles.create("team", { key: "member", name: "Member" });
    await api.resourceRoles.update("team", "member", {
      granted_to: { users_with_role: [rule("owner", "company", "company"), rule("member", "team", "lead")] },
    });
    await api.resources.create({ key: "project", name: "P", actions: {}, relations: { team: "team" } });
    await api.resourceRoles.create("project", {
      ...{ key: "worker", name: "Worker", granted_to: { users_with_role: [rule("member", "team", "team")] } },
    });
    await api.resources.create({
      key: "task",
      name: "Task",
      actions: { see: {}, close: {} },
      relations: { project: "project" },
      roles: {
        reader: {
          name: "Reader",
          permissions: ["see"],
          granted_to: { users_with_role: [rule("worker", "project", "project")] },
        },
        assignee: { name: "Assignee", permissions: ["close"], extends: ["reader"] },
        blocked: { name: "Blocked" },
      },
    });
    await api.users.bulkUserCreate(["ann", "ben", "cid"].map((key) => ({ key })));
    await api.relationshipTuples.bulkRelationshipTuples(
      [
        { subject: "company:c", relation: "company", object: "team:a" },
        { subject: "team:a", relation: "lead", object: "team:b" },
        { subject: "team:b", relation: "team", object: "project:p" },
        { subject: "project:p", relation: "project", object: "task:1" },
        { subject: "project:p", relation: "project", object: "task:2" },
      ].map((tuple) => ({ ...tuple, tenant })),
    );
    await api.roleAssignments.bulkAssign([on("ann", "owner", "company:c"), on("ben", "assignee", "task:2")]);
  });

  test("over four steps, and not to the side", async () => {
    expect(
      await tasks(
        ["ann", "see", "1"],
        ["ann", "close", "1"],
        ["ben", "see", "1"],
        ["ben", "see", "2"],
        ["ben", "close", "2"],
      ),
    ).toEqual([true, false, false, true, true]);
    await permit.api.users.assignRole(on("cid", "member", "team:a"));
    expect(await tasks(["cid", "see", "1"], ["cid", "see", "2"])).toEqual([true, true]);
    await permit.api.relationshipTuples.delete({ subject: "team:a", relation: "lead", object: "team:b" });
    expect(await tasks(["ann", "see", "1"], ["cid", "see", "1"], ["ben", "see", "2"])).toEqual([false, false, true]);
  });

  test("in a circle of teams that lead each other", async () => {
    await permit.api.relationshipTuples.bulkRelationshipTuples([
      { subject: "team:b", relation: "lead", object: "team:a" },
      { subject: "team:b", relation: "lead", object: "team:b" },
    ]);
    expect(await tasks(["cid", "see", "1"])).toEqual([false]);
    await permit.api.users.assignRole(on("cid", "member", "team:b"));
    expect(await tasks(["cid", "see", "1"], ["ann", "see", "1"])).toEqual([true, true]);
    // What led from outside is gone; the circle by itself holds nobody.
    await permit.api.users.unassignRole(on("cid", "member", "team:b"));
    await permit.api.relationshipTuples.delete({ subject: "company:c", relation: "company", object: "team:a" });
    expect(await tasks(["cid", "see", "1"], ["ann", "see", "1"])).toEqual([false, false]);
  });

  test("a direct role on the object, of any kind, switches derivation off where the rule says so", async () => {
    await permit.api.resourceRoles.updateRoleDerivationConditions("task", "reader", {
      no_direct_roles_on_object: true,
    });
    expect(await tasks(["ann", "see", "1"])).toEqual([true]);
    await permit.api.users.assignRole(on("ann", "blocked", "task:1"));
    expect(await tasks(["ann", "see", "1"], ["ann", "see", "2"])).toEqual([false, true]);
    await permit.api.users.assignRole(on("ann", "reader", "task:1"));
    expect(await tasks(["ann", "see", "1"])).toEqual([true]);
  });

  test("one rule less, one rule more", async () => {
    const derivation = rule("worker", "project", "project");
    await permit.api.resourceRoles.deleteRoleDerivation("task", "reader", derivation);
    expect(await tasks(["ann", "see", "1"], ["ben", "see", "2"])).toEqual([false, true]);
    await permit.api.resourceRoles.createRoleDerivation("task", "assignee", derivation);
    expect(await tasks(["ann", "see", "1"], ["ann", "close", "1"])).toEqual([true, true]);
  });

  test("not into another tenant, whoever asks and however", async () => {
    await permit.api.tenants.create({ key: "other", name: "Other" });
    await permit.api.resourceInstances.create({ resource: "task", key: "theirs", tenant: "other" });
    const tuple = { subject: "project:p", relation: "project", object: "task:theirs" };
    const mismatch = { response: { status: 400, data: { error_code: "MISMATCH_RESOURCE_INSTANCES_TENANTS" } } };
    await expect(permit.api.relationshipTuples.create(tuple)).rejects.toMatchObject(mismatch);
    await expect(permit.api.relationshipTuples.bulkRelationshipTuples([tuple])).rejects.toMatchObject(mismatch);
    await expect(permit.api.users.assignRole(on("ben", "reader", "task:theirs"))).rejects.toMatchObject(mismatch);
    expect(
      await answers([
        ["ann", "see", "task", "theirs", "other"],
        ["ann", "see", "task", "theirs", tenant],
        ["ann", "see", "task", "1", "other"],
        ["ann", "see", "task", "1", tenant],
      ]),
    ).toEqual([false, false, false, true]);
  });

  test("are listed with the places they lead to", async () => {
    const permissions = await permit.getUserPermissions("ann", [tenant], undefined, ["task", "project"]);
    expect(Object.keys(permissions).toSorted()).toEqual(["project:p", "task:1", "task:2"]);
    expect(permissions["task:1"]?.permissions).toEqual(["task:see"]);
  });
});
