import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { apiDescription } from "./testing/api-description.ts";
import { send } from "./testing/raw-http.ts";
import { connect, newEnvironment } from "./testing/sdk.ts";

/** Every operation below a project that Permit has, also those that are not answered here. */
const operations = Object.entries(apiDescription.paths)
  .filter(([path]) => path.includes("{proj_id}"))
  .flatMap(([path, item]) => Object.keys(item).map((method) => [method.toUpperCase(), path] as const));
/** Names that would be found in the other environment. */
const names: Readonly<Record<string, string>> = {
  ...{ resource_id: "document", role_id: "viewer", action_id: "read", relation_id: "parent", tenant_id: "default" },
  ...{ user_id: "alice", instance_id: "document:d", attribute_id: "pages", action_group_id: "all" },
};
/** Bodies that some operation would take, and one that none would. */
const bodies = [
  { key: "intruder", name: "Intruder", actions: {} },
  { idents: ["alice", "default", "document:d"] },
  { user: "alice", role: "viewer", tenant: "default", resource_instance: "document:d" },
  { target_env: { existing: "mine" }, conflict_strategy: "overwrite" },
  "{",
];

let local: LocalPermit;
let mine: string;
let theirs: string;
let ids: { readonly project: string; readonly environment: string };

beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
  ({ secret: mine } = await newEnvironment(local.url, local.orgKey, "mine"));
  const other = await newEnvironment(local.url, local.orgKey, "theirs");
  theirs = other.secret;
  for (const { api } of [connect(local.url, mine), other.permit]) {
    await api.resources.create({
      key: "document",
      name: "Document",
      actions: { read: {} },
      attributes: { pages: { type: "number" } },
      roles: { viewer: { name: "Viewer", permissions: ["read"] } },
    });
    await api.resourceRelations.create("document", { key: "parent", name: "P", subject_resource: "document" });
    await api.actionGroups.create("document", { key: "all", name: "All", actions: ["read"] });
    await api.users.create({ key: "alice" });
    await api.users.assignRole({ user: "alice", role: "viewer", resource_instance: "document:d", tenant: "default" });
  }
  const { id, project_id } = await connect(local.url, local.orgKey).api.environments.get("default", "theirs");
  ids = { project: project_id, environment: id };
});
afterAll(() => local.close());

function pathOf(template: string, project: string, environment: string): string {
  return template
    .replace("{proj_id}", project)
    .replace("{env_id}", environment)
    .replace(/\{([^}]+)\}/g, (_match, name: string) => encodeURIComponent(names[name] ?? "none"));
}

/** Everything in an environment. */
async function dump(secret: string, environment: string): Promise<unknown> {
  const lists = ["resources?include_built_in=true", "roles", "condition_sets"].map(
    (part) => `schema/default/${environment}/${part}`,
  );
  const facts = ["tenants", "users", "role_assignments", "resource_instances", "relationship_tuples", "set_rules"].map(
    (part) => `facts/default/${environment}/${part}`,
  );
  return Promise.all([...lists, ...facts].map((path) => send(local.url, secret, "GET", `/v2/${path}`)));
}

const ofEnvironment = operations.filter(([, path]) => path.includes("{env_id}"));

describe("another environment's key", () => {
  test.each([
    ["by key", () => ["default", "theirs"] as const],
    ["by id", () => [ids.project, ids.environment] as const],
    ["by an id below the project's key", () => ["default", ids.environment] as const],
  ])("opens no operation, whatever it sends: %s", async (_how, place) => {
    const before = await dump(theirs, "theirs");
    const statuses = new Set<number>();
    for (const [method, template] of ofEnvironment) {
      const path = pathOf(template, ...place());
      for (const body of method === "GET" ? [undefined] : bodies) {
        const { status, body: answer } = await send(local.url, mine, method, path, body);
        statuses.add(status);
        // 404: not one of the operations that are here. It says nothing of the environment.
        if (status === 404) expect(answer, `${method} ${path}`).toEqual({ detail: "Not Found" });
        else expect(answer, `${method} ${path}`).toMatchObject({ error_code: "FORBIDDEN_ACCESS" });
      }
    }
    expect(statuses).toEqual(new Set([403, 404]));
    expect(await dump(theirs, "theirs")).toEqual(before);
  });

  test("is told the same whether the environment exists or not", async () => {
    const ask = async (environment: string) => {
      const { status, body } = await send(local.url, mine, "GET", `/v2/facts/default/${environment}/users`);
      return { status, body: { ...(body as object), id: "" } };
    };
    expect(await ask("theirs")).toEqual(await ask("no-such-environment"));
  });

  test("ids of the other environment name nothing in the own one", async () => {
    const rows = async (secret: string, environment: string, part: string) => {
      const { body } = await send(local.url, secret, "GET", `/v2/${part.replace("ENV", `default/${environment}`)}`);
      return (Array.isArray(body) ? body : (body as { data: unknown[] }).data) as { id: string }[];
    };
    for (const part of [
      ...["schema/ENV/resources", "schema/ENV/resources/document/roles", "schema/ENV/resources/document/actions"],
      ...["schema/ENV/resources/document/relations", "schema/ENV/resources/document/attributes"],
      ...["schema/ENV/resources/document/action_groups", "facts/ENV/tenants", "facts/ENV/users"],
      "facts/ENV/resource_instances",
    ]) {
      const [row] = await rows(theirs, "theirs", part);
      const path = `/v2/${part.replace("ENV", "default/mine")}/${row?.id}`;
      expect(await send(local.url, mine, "GET", path), path).toMatchObject({ status: 404 });
      expect(await send(local.url, mine, "DELETE", path), path).toMatchObject({ status: 404 });
    }
  });

  test("the decision point of a key knows its own facts only", async () => {
    await connect(local.url, theirs).api.users.create({ key: "only-theirs" });
    const ask = (secret: string, path: string) =>
      send(local.url, secret, "POST", path, { user: { key: "only-theirs" } });
    expect((await ask(mine, "/user-permissions")).body).toEqual({});
    expect(await connect(local.url, mine).check("only-theirs", "read", "document:d")).toBe(false);
    expect(await send(local.url, mine, "GET", "/facts/users/only-theirs")).toMatchObject({ status: 404 });
    expect(await send(local.url, theirs, "GET", "/facts/users/only-theirs")).toMatchObject({ status: 200 });
  });
});

describe("without a key that somebody has", () => {
  test.each([
    ["none", () => null],
    ["a wrong one", () => "permit_key_wrong"],
    ["a right one and one character more", () => `${mine}0`],
    ["a property of every object", () => "constructor"],
  ])("%s: 401 to every operation", async (_what, secret) => {
    for (const [method, template] of operations) {
      const path = pathOf(template, "default", "mine");
      const answer = await send(local.url, secret(), method, path, method === "GET" ? undefined : "{");
      if (answer.status === 404) expect(answer.body, `${method} ${path}`).toEqual({ detail: "Not Found" });
      else expect(answer, `${method} ${path}`).toMatchObject({ status: 401, body: { error_code: "UNAUTHORIZED" } });
    }
  });
});

test("ways to write a path are no ways around it", async () => {
  for (const path of [
    "/v2/facts/default/mine/../theirs/users",
    "/v2/facts/default/mine%2F..%2Ftheirs/users",
    "/v2/facts/default/%74heirs/users",
    "//v2/facts/default/theirs/users",
    "/v2//facts/default/theirs/users",
    "/V2/facts/default/theirs/users",
    "/v2/facts/default/theirs/users/",
    "/v2/facts/default/mine;x=/../theirs/users",
    "/v2/facts/default/theirs%00/users",
    "/facts/../v2/facts/default/theirs/users",
    "/facts/..%2F..%2Fdefault%2Ftheirs%2Fusers",
  ]) {
    const { status, body } = await send(local.url, mine, "GET", path);
    expect([400, 403, 404], path).toContain(status);
    expect(JSON.stringify(body), path).not.toContain("alice");
  }
});
