import axios from "axios";
import { Permit } from "permitio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { send } from "./testing/raw-http.ts";
import { newEnvironment } from "./testing/sdk.ts";

let local: LocalPermit;
let permit: Permit;
let secret: string;

/** Two tenants, a folder in each, a role in a tenant, roles on folders, documents below them. */
beforeAll(async () => {
  local = await startLocalPermit({ port: 0, opaPort: 0 });
  ({ permit, secret } = await newEnvironment(local.url, local.orgKey, "env"));
  const { api } = permit;
  await api.resources.create({
    key: "folder",
    name: "Folder",
    actions: { read: {}, delete: {} },
    roles: { owner: { name: "Owner", permissions: ["read"] } },
  });
  await api.resources.create({
    key: "document",
    name: "Document",
    actions: { read: {}, write: {} },
    relations: { parent: "folder" },
    roles: {
      reader: {
        name: "Reader",
        permissions: ["read"],
        granted_to: { users_with_role: [{ role: "owner", on_resource: "folder", linked_by_relation: "parent" }] },
      },
    },
  });
  await api.roles.create({ key: "admin", name: "Admin", permissions: ["document:read", "document:write"] });
  await api.tenants.create({ key: "acme", name: "Acme", attributes: { plan: "pro" } });
  await api.users.bulkUserCreate(["alice", "bob", "carol"].map((key) => ({ key, attributes: { of: key } })));
  await api.roleAssignments.bulkAssign([
    { user: "alice", role: "admin", tenant: "acme" },
    { user: "alice", role: "owner", resource_instance: "folder:home", tenant: "default" },
    { user: "bob", role: "owner", resource_instance: "folder:work", tenant: "acme" },
  ]);
  await api.relationshipTuples.create({
    subject: "folder:work",
    relation: "parent",
    object: "document:plan",
    tenant: "acme",
  });
});
afterAll(() => local.close());

const ask = (path: string, body: unknown) => send(local.url, secret, "POST", path, body);
const opa = (path: string, input: unknown) =>
  send(local.opaUrl ?? "", secret, "POST", `/v1/data/permit/${path}`, { input });
const plan = { type: "document", key: "plan", tenant: "acme" };

test("the tenants of a user, by roles in them and on their instances", async () => {
  expect(await ask("/user-tenants", { user: { key: "alice" } })).toEqual({
    status: 200,
    body: [
      { key: "acme", attributes: { plan: "pro" } },
      { key: "default", attributes: {} },
    ],
  });
  expect(await ask("/user-tenants", { user: { key: "bob" } })).toMatchObject({ body: [{ key: "acme" }] });
  expect(await ask("/user-tenants", { user: { key: "carol" } })).toEqual({ status: 200, body: [] });
  expect(await ask("/user-tenants", { user: { key: "nobody" } })).toEqual({ status: 200, body: [] });
});

describe("a check in all tenants", () => {
  const everywhere = (key: string, action: string) =>
    ask("/allowed/all-tenants", { user: { key }, action, resource: { type: "document" } });

  test("names those where it is allowed", async () => {
    expect(await everywhere("alice", "write")).toMatchObject({
      status: 200,
      body: { allowed_tenants: [{ allow: true, tenant: { key: "acme", attributes: { plan: "pro" } } }] },
    });
    expect(await everywhere("alice", "delete")).toEqual({ status: 200, body: { allowed_tenants: [] } });
    expect(await everywhere("bob", "write")).toEqual({ status: 200, body: { allowed_tenants: [] } });
  });

  test("the SDK's own call is refused as Permit refuses it: it sends its key in the body", async () => {
    await expect(permit.checkAllTenants("alice", "write", "document")).rejects.toMatchObject({
      response: { status: 401, data: expect.stringContaining("by mistake") },
    });
  });
});

describe("who may do something", () => {
  const who = (action: string, resource: object) => ask("/authorized_users", { action, resource });

  test("through roles in the tenant and roles derived on the instance", async () => {
    expect(await who("read", plan)).toEqual({
      status: 200,
      body: {
        resource: "document:plan",
        tenant: "acme",
        users: {
          alice: [{ user: "alice", tenant: "acme", resource: "__tenant:acme", role: "admin" }],
          bob: [{ user: "bob", tenant: "acme", resource: "document:plan", role: "reader" }],
        },
      },
    });
    const { body } = await who("write", { type: "document", tenant: "acme" });
    expect(body).toMatchObject({ resource: "document:*", users: { alice: [{ role: "admin" }] } });
    expect(Object.keys((body as { users: object }).users)).toEqual(["alice"]);
  });

  test("nobody, where nothing is known", async () => {
    const none = { resource: "document:*", tenant: "default", users: {} };
    expect(await who("read", { type: "document" })).toEqual({ status: 200, body: none });
    expect(await who("drop", plan)).toMatchObject({ status: 200, body: { users: {} } });
    expect(await who("read", { ...plan, tenant: "default" })).toMatchObject({ status: 200, body: { users: {} } });
  });
});

describe("the port of OPA", () => {
  test("answers the SDK's useOpa", async () => {
    const opaAxiosInstance = axios.create();
    // The SDK knows port 8181 only; the test's is a free one.
    opaAxiosInstance.interceptors.request.use((config) => {
      expect(config.baseURL).toBe(`${new URL(local.url).origin.replace(/:\d+$/, ":8181")}/v1/data/permit/`);
      return { ...config, baseURL: `${local.opaUrl}/v1/data/permit/` };
    });
    const sdk = new Permit({ token: secret, pdp: local.url, apiUrl: local.url, opaAxiosInstance, timeout: 5_000 });
    const check = (user: string, action: string) => sdk.check(user, action, plan, {}, { useOpa: true });
    expect(await check("alice", "write")).toBe(true);
    expect(await check("bob", "read")).toBe(true);
    expect(await check("bob", "write")).toBe(false);
    expect(await check("nobody", "read")).toBe(false);
  });

  test("names what allowed, with and without its reasons", async () => {
    const input = { user: { key: "bob" }, action: "read", resource: plan };
    expect(await opa("root", input)).toMatchObject({
      status: 200,
      body: { result: { allow: true, allowing_sources: ["rebac"], debug: { rebac: { code: "allow" } } } },
    });
    expect(await opa("root", { ...input, use_debugger: false })).toEqual({
      status: 200,
      body: { result: { allow: true, allowing_sources: ["rebac"] } },
    });
  });

  test("answers many checks in their order, and permissions", async () => {
    const check = (user: string) => ({ user: { key: user }, action: "write", resource: plan });
    expect(await opa("bulk", { checks: [check("bob"), check("alice")] })).toMatchObject({
      body: { result: { allow: [{ allow: false }, { allow: true }] } },
    });
    const permissions = await opa("user_permissions", { user: { key: "bob" } });
    expect(permissions).toMatchObject({
      body: { result: { permissions: { "document:plan": { permissions: ["document:read"] } } } },
    });
    expect(await ask("/user-permissions", { user: { key: "bob" } })).toEqual({
      status: 200,
      body: (permissions.body as { result: { permissions: object } }).result.permissions,
    });
  });

  test("takes the key of an environment and nothing but its own paths", async () => {
    const root = "/v1/data/permit/root";
    const input = { user: { key: "alice" }, action: "write", resource: plan };
    expect(await send(local.opaUrl ?? "", null, "POST", root, { input })).toMatchObject({ status: 401 });
    expect(await send(local.opaUrl ?? "", local.orgKey, "POST", root, { input })).toMatchObject({ status: 403 });
    expect(await send(local.opaUrl ?? "", secret, "POST", "/allowed", input)).toMatchObject({ status: 404 });
    expect(await send(local.url, secret, "POST", root, { input })).toMatchObject({ status: 404 });
    expect(await opa("root", {})).toMatchObject({ status: 422 });
  });
});

test("every decision of both ports is in the audit log, with its question", async () => {
  const rows = async (query: string) => {
    const { body } = await send(local.url, secret, "GET", `/v2/pdps/default/env/audit_logs?per_page=2&query=${query}`);
    return (body as { data: object[] }).data;
  };
  await permit.check("alice", "write", plan);
  await opa("root", { user: { key: "bob" }, action: "write", resource: plan });
  await permit.getUserPermissions("bob");
  await ask("/authorized_users", { action: "read", resource: plan });
  expect(await rows("check")).toMatchObject([
    { user_key: "bob", action: "write", resource_type: "document", tenant: "acme", decision: false },
    { user_key: "alice", action: "write", decision: true, input: { user: { key: "alice" }, resource: plan } },
  ]);
  expect(await rows("get_user_permissions")).toMatchObject([{ user_key: "bob" }, { user_key: "bob" }]);
  expect((await rows("get_authorized_users"))[0]).toMatchObject({
    action: "read",
    resource_type: "document",
    tenant: "acme",
  });
});
