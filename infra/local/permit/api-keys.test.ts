import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { send } from "./testing/raw-http.ts";
import { connect, newEnvironment } from "./testing/sdk.ts";

const check = { user: { key: "u" }, action: "a", resource: { type: "t", key: "k", tenant: "default" } };
let local: LocalPermit;
let one: Awaited<ReturnType<typeof newEnvironment>>;
let other: Awaited<ReturnType<typeof newEnvironment>>;

beforeAll(async () => {
  local = await startLocalPermit({ port: 0, orgKey: "permit_key_of_the_organization" });
  one = await newEnvironment(local.url, local.orgKey, "one");
  other = await newEnvironment(local.url, local.orgKey, "other");
});
afterAll(() => local.close());

const forbidden = { status: 403, body: { error_code: "FORBIDDEN_ACCESS" } };
const unauthorized = { status: 401, body: { error_code: "UNAUTHORIZED" } };

test("the scope of a key says what it may see", async () => {
  const organization = await send(local.url, local.orgKey, "GET", "/v2/api-key/scope");
  expect(organization.body).toMatchObject({ project_id: null, environment_id: null });
  const environment = await send(local.url, one.secret, "GET", "/v2/api-key/scope");
  const { id, project_id } = await connect(local.url, local.orgKey).api.environments.get("default", "one");
  expect(environment.body).toMatchObject({ project_id, environment_id: id });
});

describe("an unknown key gets nothing, whatever it asks", () => {
  test.each([
    ["none", null],
    ["a wrong one", "permit_key_wrong"],
    ["the start of a right one", "permit_key_of_the"],
    ["a property of every object", "constructor"],
  ])("%s", async (_what, secret) => {
    for (const [method, path] of [
      ["GET", "/v2/api-key/scope"],
      ["GET", "/v2/projects"],
      ["GET", "/v2/api-key/default/one"],
      ["GET", "/%762/api-key/default/one"],
      ["GET", "/v2/facts/default/one/users"],
      ["DELETE", "/v2/projects/default/envs/one"],
    ] as const) {
      expect(await send(local.url, secret, method, path)).toMatchObject(unauthorized);
    }
    // Refused before the body is read: otherwise it would be a 422.
    expect(await send(local.url, secret, "POST", "/v2/facts/default/one/users", "{")).toMatchObject(unauthorized);
  });
});

describe("a key of one environment, in another", () => {
  test.each([
    ["GET", "/v2/facts/default/other/users"],
    ["GET", "/v2/facts/default/no-such-environment/users"],
    ["GET", "/v2/schema/default/other/resources"],
    ["GET", "/v2/api-key/default/other"],
    ["GET", "/v2/pdps/default/other/audit_logs"],
    ["GET", "/v2/projects/default/envs/other"],
    ["DELETE", "/v2/projects/default/envs/other"],
    ["DELETE", "/v2/projects/default/envs/one"],
    ["GET", "/v2/projects/no-such-project"],
  ])("%s %s is forbidden", async (method, path) => {
    expect(await send(local.url, one.secret, method, path)).toMatchObject(forbidden);
  });

  test("nothing is written, and ids of the other environment do not resolve", async () => {
    expect(
      await send(local.url, one.secret, "POST", "/v2/facts/default/other/users", { key: "intruder" }),
    ).toMatchObject(forbidden);
    expect(await other.permit.api.users.list({ search: "intruder" })).toMatchObject({ data: [], total_count: 0 });
    const { id } = await other.permit.api.users.create({ key: "their-user" });
    expect(await send(local.url, one.secret, "GET", `/v2/facts/default/one/users/${id}`)).toMatchObject({
      status: 404,
    });
  });

  test("lists show its own project and environment only", async () => {
    const project = { key: "second", name: "Second", initial_environments: [] };
    expect(await send(local.url, local.orgKey, "POST", "/v2/projects", project)).toMatchObject({ status: 200 });
    const seen = async (path: string) =>
      ((await send(local.url, one.secret, "GET", path)).body as { key: string }[]).map(({ key }) => key);
    expect(await seen("/v2/projects")).toEqual(["default"]);
    expect(await seen("/v2/projects/default/envs")).toEqual(["one"]);
  });

  test("it makes no environments", async () => {
    const path = "/v2/projects/default/envs";
    expect(await send(local.url, one.secret, "POST", path, { key: "x", name: "x" })).toMatchObject(forbidden);
    expect(await send(local.url, local.orgKey, "GET", `${path}/x`)).toMatchObject({ status: 404 });
  });

  test("facts and decisions of two environments with the same keys stay apart", async () => {
    for (const { permit } of [one, other]) {
      await permit.api.resources.create({
        key: "t",
        name: "T",
        actions: { a: {} },
        roles: { r: { name: "R", permissions: ["a"] } },
      });
      await permit.api.users.create({ key: "u" });
    }
    await one.permit.api.users.assignRole({ user: "u", role: "r", resource_instance: "t:k", tenant: "default" });
    expect(await one.permit.check("u", "a", "t:k")).toBe(true);
    expect(await other.permit.check("u", "a", "t:k")).toBe(false);
  });
});

describe("the decision point", () => {
  const denied = "You are not authorized to access this resource, please check your API key.";
  test.each([
    ["no key", null, 401, "Missing Authorization header"],
    ["an unknown key", "permit_key_wrong", 403, denied],
    ["the organization's key, which names no environment", "permit_key_of_the_organization", 403, denied],
  ])("%s", async (_what, secret, status, body) => {
    for (const path of ["/allowed", "/allowed/bulk", "/user-permissions"]) {
      expect(await send(local.url, secret, "POST", path, check)).toEqual({ status, body });
    }
  });

  test("the scheme is case-insensitive", async () => {
    const answer = await send(local.url, null, "POST", "/allowed", check, { authorization: `bearer ${one.secret}` });
    expect(answer.status).toBe(200);
  });

  test("health needs no key", async () => {
    for (const path of ["/health", "/healthy", "/ready"]) {
      expect(await send(local.url, null, "GET", path)).toMatchObject({ status: 200, body: { status: "ok" } });
    }
  });
});

test("a deleted environment takes its key along, also when it is made again", async () => {
  const doomed = await newEnvironment(local.url, local.orgKey, "doomed");
  await doomed.permit.api.users.create({ key: "u" });
  const organization = connect(local.url, local.orgKey);
  await organization.api.environments.delete("default", "doomed");
  expect(await send(local.url, doomed.secret, "GET", "/v2/api-key/scope")).toMatchObject(unauthorized);
  expect(await send(local.url, doomed.secret, "POST", "/allowed", check)).toMatchObject({ status: 403 });
  const again = await newEnvironment(local.url, local.orgKey, "doomed");
  expect(again.secret).not.toBe(doomed.secret);
  expect(await send(local.url, doomed.secret, "GET", "/v2/api-key/scope")).toMatchObject(unauthorized);
  expect(await again.permit.api.users.list()).toMatchObject({ data: [] });
});
