import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { type DurableStore, durableStores } from "./testing/durable-stores.ts";
import { send } from "./testing/raw-http.ts";
import { connect, newEnvironment } from "./testing/sdk.ts";

interface AuditLog {
  readonly id: string;
  readonly timestamp: string;
  readonly user_key: string;
  readonly decision: boolean;
}

interface AuditLogs {
  readonly data: readonly AuditLog[];
  readonly total_count: number;
  readonly page_count: number;
  readonly pagination_count: number;
}

const memory = { name: "memory", open: async () => ({ options: {}, args: [], remove: async () => undefined }) };

describe.each([memory, ...durableStores(process.env.DATABASE_URL_TEST)])("audit logs in $name", ({ open }) => {
  let store: DurableStore;
  let local: LocalPermit;
  let secret = "";
  beforeAll(async () => {
    store = await open();
    local = await startLocalPermit({ port: 0, ...store.options });
    const environment = await newEnvironment(local.url, local.orgKey, "demo");
    secret = environment.secret;
    const { permit } = environment;
    await permit.api.resources.create({ key: "doc", name: "Doc", actions: { read: {}, edit: {} } });
    await permit.api.roles.create({ key: "reader", name: "Reader", permissions: ["doc:read"] });
    await permit.api.users.create({ key: "alice", email: "alice@example.com", first_name: "Alice", last_name: "A." });
    await permit.api.users.create({ key: "bob" });
    await permit.api.users.assignRole({ user: "alice", role: "reader", tenant: "default" });
    for (const user of ["alice", "bob"]) {
      for (const action of ["read", "edit"]) await permit.check(user, action, { type: "doc", tenant: "default" });
    }
    await permit.check("alice", "read", { type: "folder", tenant: "elsewhere" });
  });
  afterAll(async () => {
    await local.close();
    await store.remove();
  });

  const logs = (query: string, key = secret) => send(local.url, key, "GET", `/v2/pdps/default/demo/audit_logs${query}`);
  const list = async (query: string) => {
    const { status, body } = await logs(query);
    expect(status).toBe(200);
    return body as AuditLogs;
  };

  test("every decision is there at once, newest first", async () => {
    const { data, ...counts } = await list("");
    expect(counts).toEqual({ total_count: 5, page_count: 1, pagination_count: 5 });
    expect(data.map(({ user_key, decision }) => [user_key, decision])).toEqual([
      ["alice", false],
      ["bob", false],
      ["bob", false],
      ["alice", false],
      ["alice", true],
    ]);
    expect(data.at(-1)).toMatchObject({
      query: "check",
      user_email: "alice@example.com",
      user_name: "Alice A.",
      resource_type: "doc",
      tenant: "default",
      action: "read",
      reason: expect.stringContaining("role 'reader' has the 'read' permission"),
    });
  });

  test.each([
    ["?users=bob", 2],
    ["?users=alice@example.com", 3],
    ["?users=bob&users=alice", 5],
    ["?users=nobody", 0],
    ["?decision=true", 1],
    ["?decision=false", 4],
    ["?resources=folder", 1],
    ["?resources=doc&resources=folder", 5],
    ["?tenant=default", 4],
    ["?action=edit", 2],
    ["?action=edit&users=bob&decision=false&resources=doc&tenant=default", 1],
    ["?query=check&sort_by=timestamp", 5],
    ["?query=none", 5],
    ["?query=get_user_permissions", 0],
    [`?pdp_id=${randomUUID()}`, 0],
    ["?timestamp_from=1000000000", 5],
    ["?timestamp_to=1000000000", 0],
    ["?timestamp_from=4000000000", 0],
    ["?timestamp_to=4000000000000", 5],
    ["?users=%27%20or%201%3D1%20--", 0],
  ])("%s finds %d", async (query, total) => {
    const { data, total_count } = await list(query);
    expect([data.length, total_count]).toEqual([total, total]);
  });

  test("pages, and none past the end", async () => {
    const all = (await list("")).data.map(({ id }) => id);
    const pages = await Promise.all([1, 2, 3, 4].map((page) => list(`?per_page=2&page=${page}`)));
    expect(pages.map(({ data }) => data.map(({ id }) => id))).toEqual([
      all.slice(0, 2),
      all.slice(2, 4),
      all.slice(4),
      [],
    ]);
    expect(pages[0]).toMatchObject({ total_count: 5, page_count: 3, pagination_count: 5 });
  });

  test.each([
    ["?page=0", 422],
    ["?per_page=101", 422],
    ["?query=other", 422],
    ["?sort_by=user", 422],
    ["?timestamp_from=yesterday", 422],
    ["?pdp_id=1", 422],
    ["?per_page=100&page=100", 200],
    ["?per_page=100&page=101", 400],
  ])("%s is answered %d", async (query, status) => {
    expect((await logs(query)).status).toBe(status);
  });

  test("one by its id, with what its names stand for", async () => {
    const [last] = (await list("?users=alice&action=read&resources=doc")).data;
    const one = await logs(`/${last?.id}`);
    expect(one.body).toMatchObject({
      ...last,
      raw_data: { decision: true, timestamp: last?.timestamp, input: { action: "read", user: { key: "alice" } } },
      result: { allow: true },
      objects: {
        user_object: { key: "alice", email: "alice@example.com" },
        action_object: { key: "read" },
        resource_type_object: { key: "doc" },
        tenant_object: { key: "default" },
        environment_object: { key: "demo" },
      },
    });
    expect(await logs(`/${randomUUID()}`)).toMatchObject({ status: 404, body: { error_code: "NOT_FOUND" } });
    expect((await logs("/no-uuid")).status).toBe(422);
  });

  test("another environment sees none of it", async () => {
    const other = await newEnvironment(local.url, local.orgKey, "other");
    const [last] = (await list("")).data;
    expect((await logs("", other.secret)).status).toBe(403);
    expect((await logs(`/${last?.id}`, other.secret)).status).toBe(403);
    const own = await send(local.url, other.secret, "GET", `/v2/pdps/default/other/audit_logs/${last?.id}`);
    expect(own.status).toBe(404);
    const listed = await send(local.url, other.secret, "GET", "/v2/pdps/default/other/audit_logs?query=none");
    expect(listed.body).toMatchObject({ data: [], total_count: 0 });
  });

  test("only the newest 10,000 are kept, and long questions in short", { timeout: 60_000 }, async () => {
    const { permit, secret: key } = await newEnvironment(local.url, local.orgKey, "many");
    const check = (user: string) => ({ user, action: "read", resource: { type: "doc", tenant: "default" } });
    await permit.check("oldest", "read", { type: "doc", tenant: "default" }, { text: "x".repeat(50_000) });
    const path = "/v2/pdps/default/many/audit_logs";
    const before = await send(local.url, key, "GET", `${path}?users=oldest`);
    expect(before.body).toMatchObject({ total_count: 1, data: [{ input: { truncated: true } }] });
    for (let batch = 0; batch < 10; batch += 1) {
      await permit.bulkCheck(Array.from({ length: 1000 }, (_, i) => check(`user-${batch}-${i}`)));
    }
    const after = await send(local.url, key, "GET", `${path}?per_page=1`);
    expect(after.body).toMatchObject({ total_count: 10_000, data: [{ user_key: "user-9-999" }] });
    expect(await send(local.url, key, "GET", `${path}?users=oldest`)).toMatchObject({ body: { total_count: 0 } });
  });

  test("a deleted environment takes its own along", async () => {
    const { permit, secret: key } = await newEnvironment(local.url, local.orgKey, "gone");
    await permit.check("alice", "read", { type: "doc", tenant: "default" });
    const first = await send(local.url, key, "GET", "/v2/pdps/default/gone/audit_logs");
    expect(first.body).toMatchObject({ total_count: 1 });
    const organization = connect(local.url, local.orgKey);
    await organization.api.environments.delete("default", "gone");
    const again = await newEnvironment(local.url, local.orgKey, "gone");
    const second = await send(local.url, again.secret, "GET", "/v2/pdps/default/gone/audit_logs");
    expect(second.body).toMatchObject({ total_count: 0 });
  });
});

test.each(durableStores(process.env.DATABASE_URL_TEST))("audit logs in $name outlive the process", async ({ open }) => {
  const store = await open();
  const first = await startLocalPermit({ port: 0, ...store.options });
  const { permit, secret } = await newEnvironment(first.url, first.orgKey, "demo");
  await permit.check("alice", "read", { type: "doc", tenant: "default" });
  await first.close();
  const second = await startLocalPermit({ port: 0, ...store.options });
  const { body } = await send(second.url, secret, "GET", "/v2/pdps/default/demo/audit_logs");
  expect(body).toMatchObject({ total_count: 1, data: [{ user_key: "alice", decision: false }] });
  await second.close();
  await store.remove();
});
