import { beforeEach, expect, test } from "vitest";
import { freshEnvironment } from "./testing/fresh-environment.ts";
import { send } from "./testing/raw-http.ts";

const environment = freshEnvironment();
const { schema, facts } = environment;

beforeEach(async () => {
  await schema("POST", "/resources", { key: "document", name: "Document", actions: { read: {} } });
  await schema("POST", "/condition_sets", { key: "all", name: "All", type: "resourceset", resource_id: "document" });
});

/** Whoever meets the conditions may read. */
async function permit(conditions: object): Promise<void> {
  await schema("POST", "/condition_sets", { key: "some", name: "Some", conditions });
  const rule = { user_set: "some", permission: "document:read", resource_set: "all" };
  expect(await facts("POST", "/set_rules", rule)).toMatchObject({ status: 200 });
}

const query = (attributes: object, context: object = {}) => ({
  user: { key: "alice", attributes },
  action: "read",
  resource: { type: "document", tenant: "default" },
  context,
});
const ask = (path: string, body: unknown) => send(environment.url, environment.secret, "POST", path, body);

test("two long lists are compared without a loop in a loop", async () => {
  await permit({ "user.list": { array_subset: { ref: "context.list" } } });
  const list = Array.from({ length: 100_000 }, (_, at) => at);
  expect(await ask("/allowed", query({ list }, { list: list.toReversed() }))).toMatchObject({ body: { allow: true } });
  expect(await ask("/allowed", query({ list }, { list: list.slice(1) }))).toMatchObject({ body: { allow: false } });
});

test.each([
  ["many comparisons of a long list", { array_contains: "x" }, Array(100_000).fill("y")],
  ["many comparisons of a large object", { equals: { a: 1 } }, Object.fromEntries(Array(50_000).fill(0).entries())],
  ["a search that starts again at each character", { contains: `b${"a".repeat(9_999)}` }, "a".repeat(500_000)],
  ["a match of each item of a long list", { any_match: { match: { x: { equals: 1 } } } }, Array(100_000).fill({})],
])("%s denies rather than let everybody wait, also below 'not'", async (_, comparison, list) => {
  const many = Array(450).fill({ "user.list": comparison });
  await permit({ not: { anyOf: [...many, { "user.list": { equals: 0 } }] } });
  expect(await ask("/allowed", query({ list: "short" }))).toMatchObject({ body: { allow: true } });
  const { status, body } = await ask("/allowed", query({ list }));
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { allow: false, debug: { abac: { allow: false, reason: expect.stringContaining("too much to compare") } } },
  });
});

test("questions longer than the PDP container takes are refused, and as many checks as fit are answered", async () => {
  for (const path of ["/allowed", "/allowed/bulk", "/user-permissions", "/user-tenants", "/authorized_users"]) {
    expect(await ask(path, query({ text: "x".repeat(2 * 1024 * 1024) })), path).toMatchObject({ status: 413 });
  }
  const { body } = await ask("/allowed/bulk", Array(10_000).fill(query({})));
  expect((body as { allow: unknown[] }).allow).toHaveLength(10_000);
});

test("conditions nest as deep as JSON may, and no deeper", async () => {
  const nested = (depth: number): object => (depth === 0 ? { "user.x": { equals: 1 } } : { not: nested(depth - 1) });
  await permit(nested(20));
  expect(await ask("/allowed", query({ x: 1 }))).toMatchObject({ body: { allow: true } });
  const deep = { key: "deep", name: "Deep", conditions: nested(40) };
  expect(await schema("POST", "/condition_sets", deep)).toMatchObject({ status: 422 });
});
