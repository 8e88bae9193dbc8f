import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { send } from "./testing/raw-http.ts";
import { newEnvironment } from "./testing/sdk.ts";

interface Key {
  readonly id: string;
  readonly secret: string;
}

let local: LocalPermit;
let organization_id: string;
/** Ids of project `default` with environments `one` and `other`, and of project `second` with `theirs`. */
const ids: Record<"default" | "second" | "one" | "other" | "theirs", string> = {
  ...{ default: "", second: "", one: "", other: "", theirs: "" },
};

const get = (secret: string, path: string) => send(local.url, secret, "GET", path);
const make = (secret: string, body: object) =>
  send(local.url, secret, "POST", "/v2/api-key", { organization_id, ...body });
const idOf = async (path: string) => ((await get(local.orgKey, path)).body as { id: string }).id;

async function key(body: object): Promise<Key> {
  const { status, body: made } = await make(local.orgKey, body);
  expect(status).toBe(200);
  return made as Key;
}
const environmentKey = (access_level: string) => key({ environment_id: ids.one, access_level });
const projectKey = (access_level = "admin") => key({ project_id: ids.default, object_type: "project", access_level });

beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
  for (const each of ["one", "other"]) await newEnvironment(local.url, local.orgKey, each);
  const second = { key: "second", name: "Second", initial_environments: [{ key: "theirs", name: "Theirs" }] };
  await send(local.url, local.orgKey, "POST", "/v2/projects", second);
  ({ organization_id } = (await get(local.orgKey, "/v2/api-key/scope")).body as { organization_id: string });
  ids.default = await idOf("/v2/projects/default");
  ids.second = await idOf("/v2/projects/second");
  ids.one = await idOf("/v2/projects/default/envs/one");
  ids.other = await idOf("/v2/projects/default/envs/other");
  ids.theirs = await idOf("/v2/projects/second/envs/theirs");
});
afterAll(() => local.close());

const forbidden = { status: 403, body: { error_code: "FORBIDDEN_ACCESS" } };
const notFound = { status: 404, body: { error_code: "NOT_FOUND" } };
const one = "/v2/facts/default/one/users";

describe("access levels", () => {
  test("read: everything is shown but secrets, nothing changes", async () => {
    const { secret, id } = await environmentKey("read");
    expect(await get(secret, one)).toMatchObject({ status: 200, body: { total_count: 0 } });
    expect(await get(secret, `/v2/api-key/${id}`)).toMatchObject({ status: 200, body: { access_level: "read" } });
    for (const [method, path] of [
      ["POST", one],
      ["PUT", `${one}/intruder`],
      ["DELETE", "/v2/schema/default/one/resources/t"],
      ["PATCH", "/v2/projects/default/envs/one"],
      ["POST", `/v2/api-key/${id}/rotate-secret`],
      ["POST", "/v2/api-key"],
    ] as const) {
      expect(await send(local.url, secret, method, path, { key: "intruder" }), path).toMatchObject(forbidden);
    }
    expect(await get(local.orgKey, one)).toMatchObject({ body: { total_count: 0 } });
  });

  test("write: facts change; neither secrets nor keys can be had, so that no key makes itself a better one", async () => {
    const { secret, id } = await environmentKey("write");
    expect(await send(local.url, secret, "POST", one, { key: "written" })).toMatchObject({ status: 200 });
    expect(await send(local.url, secret, "DELETE", `${one}/written`)).toMatchObject({ status: 204 });
    expect(await get(secret, "/v2/api-key/default/one")).toMatchObject(forbidden);
    expect(await make(secret, { environment_id: ids.one })).toMatchObject(forbidden);
    expect(await send(local.url, secret, "POST", `/v2/api-key/${id}/rotate-secret`)).toMatchObject(forbidden);
    expect(await send(local.url, secret, "DELETE", `/v2/api-key/${id}`)).toMatchObject(forbidden);
    const list = await get(secret, "/v2/api-key");
    expect(list.status).toBe(200);
    expect(JSON.stringify(list.body)).not.toContain("permit_key_");
  });

  test("no_access: known, and refused everything, decisions too", async () => {
    const { secret } = await environmentKey("no_access");
    expect(await get(secret, one)).toMatchObject(forbidden);
    expect(await get(secret, "/v2/api-key/scope")).toMatchObject(forbidden);
    const query = { user: { key: "u" }, action: "a", resource: { type: "t", tenant: "default" } };
    expect(await send(local.url, secret, "POST", "/allowed", query)).toMatchObject({ status: 403 });
  });
});

describe("the key of a project", () => {
  test("opens its environments, makes and deletes them, and decides nothing by itself", async () => {
    const { secret } = await projectKey();
    expect(await get(secret, "/v2/api-key/scope")).toEqual({
      status: 200,
      body: { organization_id, project_id: ids.default, environment_id: null },
    });
    expect(await get(secret, one)).toMatchObject({ status: 200 });
    const made = await send(local.url, secret, "POST", "/v2/projects/default/envs", { key: "made", name: "Made" });
    expect(made).toMatchObject({ status: 200 });
    expect(await get(secret, "/v2/api-key/default/made")).toMatchObject({ status: 200 });
    expect(await send(local.url, secret, "DELETE", "/v2/projects/default/envs/made")).toMatchObject({ status: 204 });
    expect(await send(local.url, secret, "POST", "/allowed", {})).toMatchObject({ status: 403 });
  });

  test("stays in its project", async () => {
    const { secret } = await projectKey();
    const keys = async (path: string) => ((await get(secret, path)).body as { key: string }[]).map((each) => each.key);
    expect(await keys("/v2/projects")).toEqual(["default"]);
    for (const [method, path] of [
      ["GET", "/v2/projects/second"],
      ["GET", "/v2/projects/no-such-project"],
      ["GET", "/v2/projects/second/envs"],
      ["POST", "/v2/projects/second/envs"],
      ["GET", "/v2/facts/second/theirs/users"],
      ["GET", "/v2/api-key/second/theirs"],
      ["GET", "/v2/api-key?proj_id=second"],
      ["POST", "/v2/projects"],
      ["DELETE", "/v2/projects/default"],
    ] as const) {
      const body = method === "POST" ? { key: "x", name: "x" } : undefined;
      expect(await send(local.url, secret, method, path, body), path).toMatchObject(forbidden);
    }
    // An environment's id under its own project's name is no way in either.
    expect(await get(secret, `/v2/facts/default/${ids.theirs}/users`)).toMatchObject(notFound);
    expect(await get(secret, `/v2/facts/${ids.second}/${ids.theirs}/users`)).toMatchObject(forbidden);
  });

  test("that may write changes environments and deletes none", async () => {
    const { secret } = await projectKey("write");
    expect(await send(local.url, secret, "PATCH", "/v2/projects/default/envs/other", { name: "O" })).toMatchObject({
      status: 200,
      body: { name: "O" },
    });
    expect(await send(local.url, secret, "DELETE", "/v2/projects/default/envs/other")).toMatchObject(forbidden);
    expect(await get(local.orgKey, "/v2/projects/default/envs/other")).toMatchObject({ status: 200 });
  });
});

describe("keys make keys of their own scope only", () => {
  test.each([
    ["the organization", () => ({ object_type: "org" })],
    ["its project", () => ({ object_type: "project", project_id: ids.default })],
    ["another environment", () => ({ environment_id: ids.other })],
    ["another environment under its own project", () => ({ project_id: ids.default, environment_id: ids.other })],
    ["another project", () => ({ project_id: ids.second, environment_id: ids.theirs })],
    ["no such environment", () => ({ environment_id: "00000000-0000-4000-8000-000000000000" })],
  ])("an environment's, for %s: refused", async (_what, body) => {
    const { secret } = await environmentKey("admin");
    const before = await get(local.orgKey, "/v2/api-key");
    expect(await make(secret, body())).toMatchObject(forbidden);
    expect(await get(local.orgKey, "/v2/api-key")).toEqual(before);
  });

  test("an environment's, for itself: made, listed, rotated, deleted", async () => {
    const admin = await environmentKey("admin");
    const { status, body } = await make(admin.secret, { environment_id: ids.one, name: "CI", access_level: "read" });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { object_type: "env", name: "CI", env: { key: "one" } },
    });
    const made = body as Key;
    const listed = (await get(admin.secret, "/v2/api-key?per_page=100")).body as { data: { env: { key: string } }[] };
    expect(new Set(listed.data.map(({ env }) => env.key))).toEqual(new Set(["one"]));
    const rotated = await send(local.url, admin.secret, "POST", `/v2/api-key/${made.id}/rotate-secret`);
    expect(rotated).toMatchObject({ status: 200, body: { id: made.id, name: "CI" } });
    const again = rotated.body as Key;
    expect(await get(made.secret, one)).toMatchObject({ status: 401 });
    expect(await get(again.secret, one)).toMatchObject({ status: 200 });
    expect(await send(local.url, admin.secret, "DELETE", `/v2/api-key/${made.id}`)).toEqual({ status: 204, body: "" });
    expect(await get(again.secret, one)).toMatchObject({ status: 401 });
    expect(await get(admin.secret, `/v2/api-key/${made.id}`)).toMatchObject(notFound);
  });

  test("another environment's key is not there, for reading, rotating or deleting", async () => {
    const admin = await environmentKey("admin");
    const theirs = await key({ environment_id: ids.other });
    for (const [method, tail] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/rotate-secret"],
    ] as const) {
      expect(await send(local.url, admin.secret, method, `/v2/api-key/${theirs.id}${tail}`)).toMatchObject(notFound);
    }
    expect(await get(theirs.secret, "/v2/facts/default/other/users")).toMatchObject({ status: 200 });
  });
});

describe("a key that contradicts itself is not made", () => {
  test.each([
    ["for an environment, without one", () => ({ object_type: "env" }), 400],
    ["for a project, with an environment", () => ({ object_type: "project", environment_id: ids.one }), 400],
    ["for the organization, with a project", () => ({ object_type: "org", project_id: ids.default }), 400],
    ["an environment of another project", () => ({ project_id: ids.second, environment_id: ids.one }), 404],
    ["another organization", () => ({ organization_id: ids.one, environment_id: ids.one }), 404],
    ["an unknown access level", () => ({ environment_id: ids.one, access_level: "root" }), 422],
    ["no id", () => ({ environment_id: "one" }), 422],
  ])("%s", async (_what, body, status) => {
    expect(await make(local.orgKey, body())).toMatchObject({ status });
  });
});

test("lists are filtered by level and project", async () => {
  await key({ object_type: "org", name: "Second administrator" });
  await projectKey();
  const levels = async (query: string) => {
    const { data } = (await get(local.orgKey, `/v2/api-key?per_page=100&${query}`)).body as {
      data: { object_type: string; project: { key: string } | null }[];
    };
    return [...new Set(data.map(({ object_type, project }) => `${object_type} ${project?.key ?? ""}`))].toSorted();
  };
  expect(await levels("object_type=org")).toEqual(["org "]);
  expect(await levels("object_type=project")).toEqual(["project default"]);
  expect(await levels("object_type=env&proj_id=second")).toEqual(["env second"]);
  expect(await get(local.orgKey, "/v2/api-key?object_type=team")).toMatchObject({ status: 422 });
});

test("the key it was started with can be rotated and not deleted, even by a second of the organization", async () => {
  const second = await key({ object_type: "org" });
  const { data } = (await get(second.secret, "/v2/api-key?object_type=org")).body as { data: Key[] };
  const start = data[0]?.id;
  expect(await send(local.url, second.secret, "DELETE", `/v2/api-key/${start}`)).toMatchObject({ status: 400 });
  expect(await get(local.orgKey, "/v2/api-key/scope")).toMatchObject({ status: 200 });
});

test("projects are changed and deleted, with everything in them", async () => {
  const project = { key: "doomed", name: "Doomed", initial_environments: [{ key: "e", name: "E" }] };
  expect(await send(local.url, local.orgKey, "POST", "/v2/projects", project)).toMatchObject({ status: 200 });
  expect(await send(local.url, local.orgKey, "POST", "/v2/projects", project)).toMatchObject({ status: 409 });
  expect(
    await send(local.url, local.orgKey, "PATCH", "/v2/projects/doomed", { name: "D", settings: {} }),
  ).toMatchObject({ status: 200, body: { key: "doomed", name: "D", description: null, settings: {} } });
  const id = await idOf("/v2/projects/doomed");
  const ofProject = await key({ project_id: id, object_type: "project" });
  const { secret } = (await get(ofProject.secret, "/v2/api-key/doomed/e")).body as Key;
  expect(await send(local.url, local.orgKey, "DELETE", "/v2/projects/doomed")).toEqual({ status: 204, body: "" });
  expect(await get(local.orgKey, "/v2/projects/doomed")).toMatchObject(notFound);
  for (const gone of [secret, ofProject.secret]) {
    expect(await get(gone, "/v2/api-key/scope")).toMatchObject({ status: 401 });
  }
  expect(await send(local.url, local.orgKey, "POST", "/v2/projects", project)).toMatchObject({ status: 200 });
});
