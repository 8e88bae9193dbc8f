import { setTimeout as delay } from "node:timers/promises";
import { Permit } from "permitio";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { send } from "./testing/raw-http.ts";
import { newEnvironment } from "./testing/sdk.ts";

// Long enough for a request to come and go on a busy machine.
const lagMs = 500;
const tenant = "default";

let prompt: LocalPermit;
let late: LocalPermit;
let environments = 0;
/** One environment in a local Permit with a lag. */
let permit: Permit;
let secret: string;
let path: string;

async function withModel(local: LocalPermit): Promise<{ permit: Permit; secret: string; path: string }> {
  environments += 1;
  const key = `env-${environments}`;
  const made = await newEnvironment(local.url, local.orgKey, key);
  await made.permit.api.resources.create({
    key: "document",
    name: "Document",
    actions: { read: {} },
    roles: { reader: { name: "Reader", permissions: ["read"] } },
  });
  return { ...made, path: `/v2/facts/default/${key}` };
}

beforeAll(async () => {
  prompt = await startLocalPermit({ port: 0 });
  late = await startLocalPermit({ port: 0, lagMs });
});
afterAll(() => Promise.all([prompt.close(), late.close()]));

const document = (key: string) => ({ type: "document", key, tenant });
const reader = (user: string, key = user) => ({ user, role: "reader", resource_instance: `document:${key}`, tenant });

describe("without a lag", () => {
  test("each of 50 parallel writers sees what it wrote, and no longer what it took back", async () => {
    const { permit: sdk } = await withModel(prompt);
    const write = async (user: string) => {
      const seen: boolean[] = [];
      const look = async () => seen.push(await sdk.check(user, "read", document(user)));
      await sdk.api.users.create({ key: user });
      await look();
      await sdk.api.roleAssignments.assign(reader(user));
      await look();
      await sdk.api.roleAssignments.unassign(reader(user));
      await look();
      await sdk.api.roleAssignments.assign(reader(user));
      await look();
      await sdk.api.resourceInstances.delete(`document:${user}`);
      await look();
      return seen;
    };
    const writers = await Promise.all(Array.from({ length: 50 }, (_, at) => write(`user-${at}`)));
    for (const seen of writers) expect(seen).toEqual([false, true, false, true, false]);
  });
});

describe("with a lag", () => {
  beforeEach(async () => {
    ({ permit, secret, path } = await withModel(late));
    await permit.api.users.create({ key: "alice" });
  });

  const may = () => permit.check("alice", "read", document("plan"));
  const assign = (headers: Record<string, string> = {}, at = `${path}/role_assignments`) =>
    send(late.url, secret, "POST", at, reader("alice", "plan"), headers);

  async function until(expected: boolean): Promise<void> {
    while ((await may()) !== expected) await delay(5);
  }

  test("a write is decided by after it, not before; the control plane shows it at once", async () => {
    const start = performance.now();
    await permit.api.roleAssignments.assign(reader("alice", "plan"));
    expect(await may()).toBe(false);
    expect(await permit.api.roleAssignments.list({ user: "alice" })).toHaveLength(1);
    await until(true);
    expect(performance.now() - start).toBeGreaterThanOrEqual(lagMs - 1);
    const taken = performance.now();
    await permit.api.roleAssignments.unassign(reader("alice", "plan"));
    expect(await may()).toBe(true);
    await until(false);
    expect(performance.now() - taken).toBeGreaterThanOrEqual(lagMs - 1);
  });

  test("the SDK's facts proxy waits, as long as it is told to", async () => {
    const proxied = (factsSyncTimeout: number) =>
      new Permit({ token: secret, apiUrl: late.url, pdp: late.url, proxyFactsViaPdp: true, factsSyncTimeout });
    await proxied(10).api.roleAssignments.assign(reader("alice", "plan"));
    expect(await may()).toBe(true);
    await proxied(10).api.roleAssignments.unassign(reader("alice", "plan"));
    expect(await may()).toBe(false);
    await proxied(0).api.roleAssignments.assign(reader("alice", "plan"));
    expect(await may()).toBe(false);
  });

  test.each([
    ["a number of seconds", { "x-wait-timeout": "5" }],
    ["no end", { "x-wait-timeout": "" }],
    ["a negative number, which is no end", { "x-wait-timeout": "-1" }],
    ["a number beyond any timer", { "x-wait-timeout": "1e12" }],
    ["a policy alone, which means ten seconds", { "x-timeout-policy": "FAIL" }],
  ])("the header asks for %s", async (_, headers) => {
    expect(await assign(headers)).toMatchObject({ status: 200 });
    expect(await may()).toBe(true);
  });

  test("a time that is too short is ignored or fails, and the write counts either way", async () => {
    expect(await assign({ "x-wait-timeout": "0.01" })).toMatchObject({ status: 200 });
    expect(await may()).toBe(false);
    await until(true);
    const wait = { "x-wait-timeout": "0.01", "x-timeout-policy": "fail" };
    const answer = await send(late.url, secret, "PATCH", `${path}/users/alice`, { email: "a@example.com" }, wait);
    expect(answer).toEqual({ status: 424, body: { detail: "Timeout waiting for update to be received" } });
    expect(await permit.api.users.get("alice")).toMatchObject({ email: "a@example.com" });
    expect(await assign({ "x-timeout-policy": "later" })).toMatchObject({ status: 400 });
    expect(await assign({ "x-wait-timeout": "soon" })).toMatchObject({ status: 400 });
  });

  test("refusals and bulk calls do not wait", async () => {
    const wait = { "x-wait-timeout": "" };
    expect(await send(late.url, secret, "POST", `${path}/users`, { key: "alice" }, wait)).toMatchObject({
      status: 409,
    });
    const bulk = await send(late.url, secret, "POST", `${path}/role_assignments/bulk`, [reader("alice", "plan")], wait);
    expect(bulk).toMatchObject({ status: 200 });
    expect(await may()).toBe(false);
  });

  test("the decision point's own path for facts means the environment of the key, and waits by itself", async () => {
    expect(await assign({}, "/facts/role_assignments")).toMatchObject({ status: 200, body: { user: "alice" } });
    expect(await may()).toBe(true);
    expect(await send(late.url, secret, "GET", "/facts/role_assignments?user=alice")).toMatchObject({
      status: 200,
      body: [{ user: "alice", role: "reader" }],
    });
    const other = await withModel(late);
    expect(await send(late.url, other.secret, "GET", "/facts/role_assignments")).toEqual({ status: 200, body: [] });
    const refused = { status: 401, body: { detail: "Invalid PDP token" } };
    for (const key of [null, "unknown", late.orgKey]) {
      expect(await send(late.url, key, "GET", "/facts/role_assignments")).toEqual(refused);
      expect(await send(late.url, key, "POST", "/facts/users", { key: "bob" })).toEqual(refused);
    }
    // No way up from there.
    for (const up of ["/facts/../schema/default/x", "/facts/%2e%2e/%2e%2e/users", "/facts//v2/projects"]) {
      expect((await send(late.url, secret, "GET", up)).status).toBeGreaterThanOrEqual(400);
    }
    const { data } = await permit.api.users.list();
    expect(data.map(({ key }) => key)).toEqual(["alice"]);
  });
});
