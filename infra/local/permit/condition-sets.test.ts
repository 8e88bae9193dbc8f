import type { Permit } from "permitio";
import { beforeEach, describe, expect, test } from "vitest";
import { freshEnvironment } from "./testing/fresh-environment.ts";
import { send } from "./testing/raw-http.ts";

const environment = freshEnvironment();
const { schema, facts } = environment;

type Attributes = Record<string, unknown>;
type SetInput = Parameters<Permit["api"]["conditionSets"]["create"]>[0];

const userSet = (key: string, conditions: Attributes, more: Partial<SetInput> = {}) =>
  environment.permit.api.conditionSets.create({ key, name: key, conditions, ...more });
const resourceSet = (key: string, conditions: Attributes, resource_id: string | undefined = "document") =>
  environment.permit.api.conditionSets.create({
    key,
    name: key,
    type: "resourceset",
    conditions,
    ...(resource_id === undefined ? {} : { resource_id }),
  });
const permitted = (user_set: string, permission: string, resource_set: string, more: object = {}) =>
  environment.permit.api.conditionSetRules.create({ user_set, permission, resource_set, ...more });

type RuleFilter = Parameters<Permit["api"]["conditionSetRules"]["list"]>[0];
/** The SDK's type asks for every filter, and takes any. */
const listRules = (filter: Partial<RuleFilter> = {}) =>
  environment.permit.api.conditionSetRules.list(filter as RuleFilter);

interface Question {
  readonly user?: Attributes;
  readonly resource?: Attributes;
  readonly context?: Attributes;
  readonly key?: string;
  readonly tenant?: string;
  readonly action?: string;
  readonly type?: string;
  readonly who?: string;
}

function check({ who = "alice", action = "read", type = "document", tenant = "default", ...rest }: Question = {}) {
  const { user = {}, resource = {}, context = {}, key } = rest;
  return environment.permit.check(
    { key: who, attributes: user },
    action,
    { type, tenant, attributes: resource, ...(key === undefined ? {} : { key }) },
    context,
  );
}

beforeEach(async () => {
  const { api } = environment.permit;
  await api.resources.create({ key: "document", name: "Document", actions: { read: {}, write: {} } });
  await api.resources.create({ key: "image", name: "Image", actions: { read: {} } });
  await api.users.create({ key: "alice", email: "alice@example.com", first_name: "alice", attributes: { level: 3 } });
});

/** Everybody who meets the conditions may read every document. */
async function everyDocument(conditions: Attributes): Promise<void> {
  await userSet("some", conditions);
  await resourceSet("all", {});
  await permitted("some", "document:read", "all");
}

describe("a condition compares", () => {
  test.each<[operator: string, value: unknown, fits: unknown[], doesNot: unknown[]]>([
    ["equals", "a", ["a"], ["b", "A", ["a"], null]],
    ["equals", true, [true], [false, "true", 1]],
    ["equals", { a: 1, b: [2] }, [{ b: [2], a: 1 }], [{ a: 1 }, { a: 1, b: [2, 3] }]],
    ["not-equals", "a", ["b", 1, null], ["a"]],
    ["less-than", 3, [2, -1], [3, 4, "2", null]],
    ["greater-than", 3, [4], [3, 2, "4"]],
    ["less-than-equals", 3, [3, 2], [4]],
    ["greater-than-equals", "2026-01-01", ["2026-01-01", "2027-01-01"], ["2025-12-31", 2027]],
    ["between", [2, 4], [2, 3, 4], [1, 5, "3"]],
    ["contains", "bc", ["abcd", "bc"], ["ab", ["bc"], 1]],
    ["contains", "(a+)+$", ["x(a+)+$"], ["a".repeat(50)]],
    ["in", ["a", 1], ["a", 1], ["b", "1", ["a"]]],
    ["array_contains", "a", [["b", "a"]], [["b"], "a", []]],
    ["array_subset", ["a", "b", "c"], [["a", "b"], []], [["a", "d"], "a"]],
    ["array_superset", ["a", "b"], [["c", "b", "a"]], [["a"], "ab"]],
    ["array_intersect", ["a", "b"], [["b", "c"]], [["c"], [], "a"]],
    ["object_match", { match: { country: { equals: "US" }, "plan.name": { in: ["pro"] } } }, [], [{ country: "US" }]],
    ["object_match", { match: { country: { equals: "US" } } }, [{ country: "US", x: 1 }], [["US"], "US"]],
    ["object_match", { match: { "plan.name": { in: ["pro"] } } }, [{ plan: { name: "pro" } }], [{ plan: "pro" }]],
    ["any_match", { match: { id: { equals: 1 } } }, [[{ id: 2 }, { id: 1 }]], [[{ id: 2 }], [], { id: 1 }]],
    ["all_match", { match: { id: { equals: 1 } } }, [[{ id: 1 }, { id: 1 }]], [[{ id: 1 }, { id: 2 }], [1]]],
  ])("%s %j", async (operator, value, fits, doesNot) => {
    await everyDocument({ "user.x": { [operator]: value } });
    for (const x of fits) expect(await check({ user: { x } }), JSON.stringify(x)).toBe(true);
    for (const x of doesNot) expect(await check({ user: { x } }), JSON.stringify(x)).toBe(false);
    // Missing is not the same as different.
    expect(await check()).toBe(false);
  });

  test("with another attribute, in every part of the query", async () => {
    await everyDocument({
      allOf: [
        { "user.key": { equals: { ref: "resource.owner" } } },
        { "user.email": { contains: { ref: "user.first_name" } } },
        { "context.time": { "less-than": { ref: "environment.closing" } } },
        { "resource.tenant": { equals: { ref: "tenant.key" } } },
        { "subject.groups": { any_match: { match: { until: { "greater-than": { ref: "context.time" } } } } } },
      ],
    });
    const fits: Question = {
      user: { groups: [{ until: 1 }, { until: 30 }] },
      resource: { owner: "alice" },
      context: { time: 10, closing: 20 },
    };
    expect(await check(fits)).toBe(true);
    expect(await check({ ...fits, resource: { owner: "bob" } })).toBe(false);
    expect(await check({ ...fits, context: { time: 20, closing: 20 } })).toBe(false);
    expect(await check({ ...fits, context: { time: 10 } })).toBe(false);
    expect(await check({ ...fits, user: { groups: [{ until: 5 }] } })).toBe(false);
  });

  test("allOf, anyOf and not, nested, before and behind the attribute", async () => {
    await everyDocument({
      anyOf: [
        { and: [{ "user.a": { equals: 1 } }, { not: { "user.b": { equals: 1 } } }] },
        { "user.c": { or: [{ between: [9, 12] }, { not: [{ "less-than": 100 }, { equals: 200 }] }] } },
      ],
    });
    const users = [{ a: 1 }, { a: 1, b: 1 }, { a: 1, b: 2 }, { b: 2 }, { c: 10 }, { c: 50 }, { c: 150 }, { c: 200 }];
    const results = await Promise.all(users.map((user) => check({ user: { c: 50, ...user } })));
    expect(results).toEqual([true, false, true, false, true, false, true, false]);
    // What is missing is not less than anything.
    expect(await check()).toBe(true);
  });

  test("keys of objects as plain data, whatever they are called", async () => {
    await everyDocument({ anyOf: [{ "user.constructor": { equals: 1 } }, { "user.x.toString": { equals: 1 } }] });
    expect(await check()).toBe(false);
    expect(await check({ user: { x: {} } })).toBe(false);
    expect(await check({ user: { x: { toString: 1 } } })).toBe(true);
    // The SDK drops a key of this name.
    const query = {
      user: { key: "alice", attributes: { constructor: 1 } },
      action: "read",
      resource: { type: "document", tenant: "default" },
    };
    expect(await send(environment.url, environment.secret, "POST", "/allowed", query)).toMatchObject({
      body: { allow: true },
    });
  });
});

describe("attributes", () => {
  test("of the query go before stored ones; maps are merged", async () => {
    await everyDocument({ allOf: [{ "user.level": { equals: 3 } }, { "user.a.b": { equals: 1 } }] });
    await facts("PATCH", "/users/alice", { attributes: { level: 3, a: { b: 1, c: 1 } } });
    expect(await check()).toBe(true);
    expect(await check({ user: { level: 2 } })).toBe(false);
    expect(await check({ user: { a: { c: 2 } } })).toBe(true);
    expect(await check({ user: { a: { b: 2 } } })).toBe(false);
    expect(await check({ who: "nobody", user: { level: 3, a: { b: 1 } } })).toBe(true);
  });

  test("of an instance count in its own tenant", async () => {
    await environment.permit.api.tenants.create({ key: "acme", name: "Acme" });
    await facts("POST", "/resource_instances", {
      resource: "document",
      key: "plan",
      tenant: "default",
      attributes: { public: true },
    });
    await userSet("anybody", {});
    await resourceSet("public", { "resource.public": { equals: true } });
    await permitted("anybody", "document:read", "public");
    expect(await check({ key: "plan" })).toBe(true);
    expect(await check({ key: "plan", resource: { public: false } })).toBe(false);
    expect(await check({ key: "other" })).toBe(false);
    expect(await check()).toBe(false);
    expect(await check({ resource: { public: true } })).toBe(true);
    expect(await check({ key: "plan", tenant: "acme", resource: { public: true } })).toBe(false);
    expect(await check({ tenant: "nowhere", resource: { public: true } })).toBe(false);
  });

  test("of a tenant count for its members", async () => {
    await facts("PATCH", "/tenants/default", { attributes: { plan: "pro" } });
    await everyDocument({ "tenant.plan": { equals: "pro" } });
    expect(await check()).toBe(false);
    await environment.permit.api.roles.create({ key: "member", name: "Member" });
    await environment.permit.api.roleAssignments.assign({ user: "alice", role: "member", tenant: "default" });
    expect(await check()).toBe(true);
    expect(await check({ who: "nobody" })).toBe(false);
  });

  test("of other instances by foreign key, those of the tenant only", async () => {
    await environment.permit.api.tenants.create({ key: "acme", name: "Acme" });
    for (const [key, tenant] of [
      ["open", "default"],
      ["foreign", "acme"],
    ] as const) {
      const attributes = { open: true };
      await facts("POST", "/resource_instances", { resource: "image", key, tenant, attributes });
    }
    const match = { match: { open: { equals: true } }, fk_resource_type: "image" };
    await everyDocument({ anyOf: [{ "user.one": { object_match: match } }, { "user.many": { all_match: match } }] });
    expect(await check({ user: { one: "open" } })).toBe(true);
    expect(await check({ user: { one: "foreign" } })).toBe(false);
    expect(await check({ user: { one: { open: true } } })).toBe(false);
    expect(await check({ user: { many: ["open", "open"] } })).toBe(true);
    expect(await check({ user: { many: ["open", "foreign"] } })).toBe(false);
  });
});

describe("sets and rules", () => {
  test("a resource set is of its type, a rule of its action", async () => {
    await everyDocument({});
    expect(await check()).toBe(true);
    expect(await check({ action: "write" })).toBe(false);
    expect(await check({ type: "image" })).toBe(false);
    await expect(permitted("some", "image:read", "all")).rejects.toMatchObject({ response: { status: 400 } });
  });

  test("a set is narrowed by its parents", async () => {
    await userSet("staff", { "user.staff": { equals: true } });
    await userSet("seniors", { "user.level": { "greater-than": 2 } }, { parent_id: "staff" });
    await resourceSet("all", {});
    await permitted("seniors", "document:read", "all");
    expect(await check({ user: { staff: true } })).toBe(true);
    expect(await check({ user: { staff: true, level: 1 } })).toBe(false);
    expect(await check()).toBe(false);
    expect(await schema("GET", "/condition_sets/seniors/ancestors")).toMatchObject({ body: [{ key: "staff" }] });
    expect(await schema("GET", "/condition_sets/staff/descendants")).toMatchObject({ body: [{ key: "seniors" }] });
    expect(await schema("PATCH", "/condition_sets/staff", { parent_id: "seniors" })).toMatchObject({ status: 400 });
    expect(await schema("PATCH", "/condition_sets/staff", { parent_id: "staff" })).toMatchObject({ status: 400 });
    expect(await schema("DELETE", "/condition_sets/staff")).toMatchObject({ status: 400 });
    await schema("PATCH", "/condition_sets/seniors", { parent_id: null });
    expect(await check()).toBe(true);
    expect(await schema("DELETE", "/condition_sets/staff")).toMatchObject({ status: 204 });
  });

  test("of a role and of a whole type are made by the rule, and mean the role that is assigned", async () => {
    const { api } = environment.permit;
    await api.roles.create({ key: "editor", name: "Editor" });
    const rule = await permitted("editor", "document:read", "document", { is_role: true, is_resource: true });
    expect(rule).toMatchObject({
      user_set: "__autogen_editor",
      resource_set: "__autogen_document",
      key: "__autogen_editor_can_document_read___autogen_document",
    });
    expect(await check()).toBe(false);
    expect(await check({ user: { roles: ["editor"] } })).toBe(false);
    await api.roleAssignments.assign({ user: "alice", role: "editor", tenant: "default" });
    expect(await check()).toBe(true);
    expect(await check({ who: "bob" })).toBe(false);
    expect(await api.conditionSets.list()).toMatchObject([
      { key: "__autogen_editor", type: "userset", autogenerated: true },
      { key: "__autogen_document", type: "resourceset", autogenerated: true, resource: { key: "document" } },
    ]);
    expect(await schema("PATCH", "/condition_sets/__autogen_editor", { conditions: {} })).toMatchObject({
      status: 400,
    });
    for (const key of ["__autogen_admin", "__autogen_"]) {
      expect(await schema("POST", "/condition_sets", { key, name: "x" })).toMatchObject({ status: 400 });
    }
    // Made again under the same key, neither role nor type nor action finds itself permitted.
    await api.roles.delete("editor");
    await api.roles.create({ key: "editor", name: "Editor" });
    await api.roleAssignments.assign({ user: "alice", role: "editor", tenant: "default" });
    expect(await check()).toBe(false);
    expect(await listRules()).toEqual([]);
  });

  test("an action or a type that goes takes its rules with it", async () => {
    const { api } = environment.permit;
    await everyDocument({});
    await resourceSet("below", {}, undefined);
    await schema("PATCH", "/condition_sets/below", { parent_id: "all" });
    await permitted("some", "document:write", "below");
    await api.resourceActions.delete("document", "read");
    await api.resourceActions.create("document", { key: "read", name: "Read" });
    expect(await check()).toBe(false);
    expect(await check({ action: "write" })).toBe(true);
    await api.resources.delete("document");
    await api.resources.create({ key: "document", name: "Document", actions: { read: {}, write: {} } });
    expect(await check({ action: "write" })).toBe(false);
    expect(await api.conditionSets.list()).toMatchObject([{ key: "some" }]);
  });

  test("are listed, found, changed and removed", async () => {
    const { api } = environment.permit;
    await everyDocument({ "user.level": { equals: 3 } });
    expect(await api.conditionSets.get("some")).toMatchObject({ key: "some", type: "userset", autogenerated: false });
    const { id } = await api.conditionSets.getByKey("all");
    expect(await api.conditionSets.getById(id)).toMatchObject({ key: "all", resource: { key: "document" } });
    expect(await schema("GET", "/condition_sets?type=userset")).toMatchObject({ body: [{ key: "some" }] });
    expect(await schema("GET", "/condition_sets?search=AL&include_total_count=true")).toMatchObject({
      body: { data: [{ key: "all" }], total_count: 1 },
    });
    await expect(userSet("all", {})).rejects.toMatchObject({ response: { status: 409 } });
    await expect(userSet("x", {}, { parent_id: "all" })).rejects.toMatchObject({ response: { status: 400 } });
    await expect(permitted("nobody", "document:read", "all")).rejects.toMatchObject({ response: { status: 404 } });
    await expect(permitted("all", "document:read", "all")).rejects.toMatchObject({ response: { status: 404 } });
    await expect(permitted("some", "document:drop", "all")).rejects.toMatchObject({ response: { status: 404 } });

    const rule = (await listRules())[0];
    expect(await permitted("some", "document:read", "all")).toEqual(rule);
    const count = async (filter: Partial<RuleFilter>) => (await listRules(filter)).length;
    expect(await count({ userSetKey: "some", resourceSetKey: id })).toBe(1);
    expect(await count({ permissionKey: "read" })).toBe(1);
    expect(await count({ permissionKey: "document:read" })).toBe(1);
    expect(await count({ permissionKey: "document:write" })).toBe(0);
    expect(await count({ userSetKey: "all" })).toBe(0);

    expect(await check()).toBe(true);
    await api.conditionSets.update("some", { conditions: { "user.level": { equals: 4 } } });
    expect(await check()).toBe(false);
    expect(await check({ user: { level: 4 } })).toBe(true);
    await api.conditionSetRules.delete({ user_set: "some", permission: "document:read", resource_set: "all" });
    expect(await check({ user: { level: 4 } })).toBe(false);
    await api.conditionSetRules.delete({ user_set: "some", permission: "document:read", resource_set: "all" });
    await permitted("some", "document:read", "all");
    await api.conditionSets.delete("some");
    expect(await count({})).toBe(0);
    expect(await check({ user: { level: 4 } })).toBe(false);
  });

  test.each<[conditions: unknown, place: (string | number)[], problem: string]>([
    [{ all_of: [] }, ["all_of"], "neither a logical operator nor an attribute"],
    [{ allOf: [{ "user.x": { matches: ".*" } }] }, ["allOf", 0, "user.x", "matches"], "unknown operator"],
    [{ allOf: {} }, ["allOf"], "takes a list"],
    [{ "user.x": {} }, ["user.x"], "needs an operator"],
    [{ "user.x": "a" }, ["user.x"], "must be a map"],
    [{ user: { equals: 1 } }, ["user"], "neither"],
    [{ "user..x": { equals: 1 } }, ["user..x"], "neither"],
    [{ "user.x": { "less-than": [1] } }, ["user.x", "less-than"], "must be a number or a text"],
    [{ "user.x": { equals: { ref: "x" } } }, ["user.x", "equals", "ref"], "neither"],
    [{ "user.x": { object_match: { fk: "t", match: {} } } }, ["user.x", "object_match", "fk"], "fk_resource_type"],
    [{ "user.x": { some_match: { match: {} } } }, ["user.x", "some_match"], "unknown operator"],
    [{ anyOf: Array(1_001).fill({ "user.x": { equals: 1 } }) }, [], "more than 1000 comparisons"],
  ])("conditions that can't be understood (%#)", async (conditions, place, problem) => {
    const answer = await schema("POST", "/condition_sets", { key: "bad", name: "Bad", conditions });
    expect(answer.status).toBe(422);
    const { detail } = answer.body as { detail: { loc: unknown[]; msg: string }[] };
    expect(detail[0]?.loc.slice(0, 2 + place.length)).toEqual(["body", "conditions", ...place]);
    expect(detail[0]?.msg).toContain(problem);
    expect(await schema("GET", "/condition_sets")).toEqual({ status: 200, body: [] });
  });
});

describe("the answer says why, beside the roles", () => {
  const why = async (resource: Attributes = {}, user: Attributes = {}) => {
    const { url, secret } = environment;
    const { body } = await send(url, secret, "POST", "/allowed", {
      user: { key: "alice", attributes: user },
      action: "read",
      resource: { type: "document", tenant: "default", attributes: resource },
    });
    const { allow, debug } = body as { allow: boolean; debug: Record<string, { code: string; reason: string }> };
    return { allow, ...debug };
  };

  test("by the codes of Permit", async () => {
    await userSet("seniors", { "user.level": { "greater-than": 2 } });
    await resourceSet("secret", { "resource.secret": { equals: true } });
    expect(await why({ secret: true })).toMatchObject({ allow: false, abac: { code: "no_matching_rules" } });
    await permitted("seniors", "document:read", "secret");
    expect(await why({ secret: true })).toMatchObject({
      allow: true,
      rbac: { allow: false, code: "no_user_roles" },
      abac: {
        allow: true,
        code: "allow",
        allowing_rules: [{ userset: "seniors", resourceset: "secret" }],
        reason:
          "user 'alice' matched 'seniors' userset conditions, the given resource matched the 'secret' resourceset conditions, users matching 'seniors' userset conditions has the 'read' permission on resources of type 'document' matching 'secret' resourceset conditions",
      },
      request: {
        user: { key: "alice", synced: true, attributes: { level: 3, email: "alice@example.com", roles: [] } },
        resource: { type: "document", attributes: { type: "document", secret: true } },
      },
    });
    expect(await why()).toMatchObject({
      allow: false,
      abac: {
        code: "no_matching_resourcesets",
        matching_usersets: ["seniors"],
        reason: expect.stringContaining("['secret']"),
      },
    });
    expect(await why({}, { level: 0 })).toMatchObject({
      allow: false,
      abac: { code: "no_matching_usersets", reason: expect.stringContaining("known usersets: ['seniors']") },
    });
  });

  test("a role allows what no set does, and the other way round", async () => {
    const { api } = environment.permit;
    await everyDocument({ "user.level": { equals: 9 } });
    await api.roles.create({ key: "reader", name: "Reader", permissions: ["document:read"] });
    expect(await check()).toBe(false);
    await api.roleAssignments.assign({ user: "alice", role: "reader", tenant: "default" });
    expect(await check()).toBe(true);
    expect(await check({ who: "bob", user: { level: 9 } })).toBe(true);
    const { body } = await send(environment.url, environment.secret, "POST", "/authorized_users", {
      action: "read",
      resource: { type: "document", tenant: "default" },
    });
    expect(body).toMatchObject({ users: { alice: [{ role: "reader", resource: "__tenant:default" }] } });
  });

  test("users of a set are among those who may", async () => {
    await everyDocument({ "user.level": { equals: 3 } });
    await facts("POST", "/users", { key: "bob", attributes: { level: 1 } });
    const { body } = await send(environment.url, environment.secret, "POST", "/authorized_users", {
      action: "read",
      resource: { type: "document", tenant: "default" },
    });
    expect((body as { users: object }).users).toEqual({
      alice: [{ user: "alice", tenant: "default", resource: "all", role: "some" }],
    });
  });
});
