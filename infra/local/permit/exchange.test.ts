import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentKey, defaultTenant, humanKey, profileRef } from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { demoModel, toolOfLevel } from "./testing/demo-model.ts";
import { endAll, runToEnd } from "./testing/process.ts";
import { provisionModel } from "./testing/provision-model.ts";
import { connect, newEnvironment } from "./testing/sdk.ts";

/** The parts of a file that tests look at or spoil. */
interface File {
  version: number;
  environment: Record<string, unknown>;
  keys?: Record<string, unknown>[];
  rows: Record<string, Record<string, unknown>[]>;
}

const folder = mkdtempSync(join(tmpdir(), "local-permit-exchange-"));
const agent = agentKey("client", "alice@example.com");
let source: LocalPermit;
let secret = "";

beforeAll(async () => {
  source = await startLocalPermit({ port: 0 });
  const environment = await newEnvironment(source.url, source.orgKey, "demo");
  secret = environment.secret;
  const { api } = environment.permit;
  await provisionModel(environment.permit, demoModel({ "alice@example.com": "high", "bob@example.com": "low" }));
  await api.users.sync({ key: agent, attributes: { department: "research" } });
  const consent = { user: agent, role: "linear-medium", resource_instance: profileRef("alice@example.com") };
  await api.users.assignRole({ ...consent, tenant: defaultTenant });
  await api.actionGroups.create("linear", { key: "all", name: "All", actions: ["list_issues", "create_issue"] });
  await api.tenants.create({ key: "acme", name: "Acme" });
  await api.roles.create({ key: "reader", name: "Reader", permissions: ["linear:list_issues"] });
  await api.users.assignRole({ user: humanKey("bob@example.com"), role: "reader", tenant: "acme" });
  await api.conditionSets.create({
    key: "researchers",
    name: "Researchers",
    type: "userset",
    conditions: { allOf: [{ allOf: [{ "user.department": { equals: "research" } }] }] },
  });
  await api.conditionSets.create({
    key: "trackers",
    name: "Trackers",
    type: "resourceset",
    resource_id: "linear",
    conditions: {},
  });
  await api.conditionSetRules.create({
    user_set: "researchers",
    permission: "linear:delete_issue",
    resource_set: "trackers",
  });
});
afterAll(async () => {
  await source.close();
  await endAll();
  rmSync(folder, { recursive: true });
});

async function exportText(local: LocalPermit, key: string, path = "default/demo"): Promise<string> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${local.url}/local/environments/${path}`, { headers });
  expect(response.status).toBe(200);
  return response.text();
}

async function importText(
  local: LocalPermit,
  path: string,
  body: string,
  key = local.orgKey,
): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const response = await fetch(`${local.url}/local/environments/${path}`, { method: "POST", headers, body });
  return { status: response.status, text: await response.text() };
}

/** What every user may do to everything, in every tenant. */
async function answers(local: LocalPermit, key: string): Promise<readonly boolean[]> {
  const users = [agent, "nobody", ...["alice", "bob", "admin"].map((name) => humanKey(`${name}@example.com`))];
  const questions = users.flatMap((user) =>
    Object.values(toolOfLevel).flatMap((action) =>
      ["default", "acme"].map((tenant) => ({ user, action, resource: { type: "linear", key: "linear", tenant } })),
    ),
  );
  return connect(local.url, key).bulkCheck(questions);
}

test("an exported environment decides the same where it is imported, and exports the same", async () => {
  const text = await exportText(source, secret);
  expect(await exportText(source, secret)).toBe(text);
  expect(text).not.toContain("permit_key_");
  const file = JSON.parse(text) as File;
  expect(Object.entries(file.rows).filter(([, rows]) => rows.length === 0)).toEqual([["tenant_user", []]]);

  const target = await startLocalPermit({ port: 0 });
  expect((await importText(target, "default/demo?create=true", text)).status).toBe(200);
  const copy = await connect(target.url, target.orgKey).api.environments.getApiKey("default", "demo");
  const expected = await answers(source, secret);
  expect(new Set(expected)).toEqual(new Set([true, false]));
  expect(await answers(target, copy.secret ?? "")).toEqual(expected);
  expect(await exportText(target, target.orgKey)).toBe(text);

  // In place of what is there, and never beside it.
  expect(await importText(target, "default/demo", text)).toMatchObject({
    status: 400,
    text: expect.stringContaining("is not empty"),
  });
  const stranger = connect(target.url, copy.secret ?? "");
  await stranger.api.users.create({ key: "stranger" });
  expect((await importText(target, "default/demo?replace=true", text)).status).toBe(200);
  expect(await exportText(target, target.orgKey)).toBe(text);
  expect((await importText(target, "default/demo?create=true", text)).status).toBe(409);
  expect((await importText(target, "default/missing", text)).status).toBe(404);
  await target.close();
});

test("keys are exported to those who may have them, and open one environment", async () => {
  const headers = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
  const url = `${source.url}/local/environments/default/demo?with_keys=true`;
  expect((await fetch(url, headers(secret))).status).toBe(403);
  expect((await fetch(url)).status).toBe(401);
  const text = await (await fetch(url, headers(source.orgKey))).text();
  expect((JSON.parse(text) as File).keys).toMatchObject([{ secret, access_level: "admin" }]);

  const target = await startLocalPermit({ port: 0 });
  expect((await importText(target, "default/demo?create=true", text)).status).toBe(200);
  expect(await answers(target, secret)).toEqual(await answers(source, secret));
  const second = await importText(target, "default/second?create=true", text);
  expect(second).toMatchObject({ status: 422, text: expect.stringContaining("in use for something else") });
  expect((await fetch(`${target.url}/v2/projects/default/envs/second`, headers(target.orgKey))).status).toBe(404);
  await target.close();
});

test("a key of an environment imports nothing, and none sees another environment", async () => {
  const text = await exportText(source, secret);
  const { secret: other } = await newEnvironment(source.url, source.orgKey, "other");
  expect((await importText(source, "default/demo?replace=true", text, secret)).status).toBe(403);
  expect((await importText(source, "default/new?create=true", text, secret)).status).toBe(403);
  expect((await importText(source, "default/demo?replace=true", text, "unknown")).status).toBe(401);
  const headers = { authorization: `Bearer ${other}` };
  expect((await fetch(`${source.url}/local/environments/default/demo`, { headers })).status).toBe(403);
});

describe("a file that is not right changes nothing", () => {
  const spoil = (change: (file: File) => void) => (text: string) => {
    const file = JSON.parse(text) as File;
    change(file);
    return JSON.stringify(file);
  };
  const first = (file: File, kind: string) => file.rows[kind]?.[0] as Record<string, unknown>;
  const cases: readonly (readonly [string, (text: string) => string, string])[] = [
    ["no JSON", (text) => text.slice(0, -10), "not JSON"],
    ["another format", (text) => text.replace("local-permit-environment", "other"), "format"],
    ["another version", spoil((file) => Object.assign(file, { version: 2 })), "version"],
    ["an unknown part", spoil((file) => Object.assign(file, { more: 1 })), "extra fields not permitted"],
    ["an unknown kind", spoil((file) => Object.assign(file.rows, { more: [] })), "extra fields not permitted"],
    ["a missing kind", spoil((file) => delete file.rows.user), "field required"],
    ["an unknown field", spoil((file) => Object.assign(first(file, "user"), { admin: true })), "extra fields"],
    ["a key with a space", spoil((file) => Object.assign(first(file, "user"), { key: "a b" })), "match regex"],
    ["a name twice", (text) => text.replace('"rows": {', '"rows": {},\n"rows": {'), "in its object twice"],
    [
      "an escaped name twice",
      (text) => text.replace('"rows": {', '"r\\u006fws": {},\n"rows": {'),
      "in its object twice",
    ],
    ["a prototype", (text) => text.replace('"settings":null', '"settings":{"__proto__":{}}'), "not allowed"],
    ["a NUL", (text) => text.replace('"name":"demo"', '"name":"de\\u0000mo"'), "NUL"],
    ["a user twice", spoil((file) => file.rows.user?.push(first(file, "user"))), "same id or key"],
    [
      "two rows of one key",
      spoil((file) => file.rows.user?.push({ ...first(file, "user"), id: "2a8cc2b0-3d3e-4d83-9f0f-0d3b2f0a0001" })),
      "same id or key",
    ],
    ["an assignment of nobody", spoil((file) => file.rows.user?.splice(0)), "there is no user"],
    ["a role that is gone", spoil((file) => file.rows.role?.splice(0)), "there is no role"],
    ["an action that is gone", spoil((file) => file.rows.action?.splice(0)), "there is no action"],
    [
      "an instance that is gone",
      spoil((file) => file.rows.resource_instance?.splice(0)),
      "there is no resource instance",
    ],
    ["a relation that is gone", spoil((file) => file.rows.relation?.splice(0)), "there is no relation"],
    ["a tenant that is gone", spoil((file) => file.rows.tenant?.splice(0)), "there is no tenant"],
    ["types that are gone", spoil((file) => file.rows.resource?.splice(0)), "built-in type '__user' is missing"],
    ["a set that is gone", spoil((file) => file.rows.condition_set?.splice(0)), "there is no user set"],
    [
      "an instance of another tenant",
      spoil((file) => Object.assign(first(file, "resource_instance"), { tenant: "acme" })),
      "is in tenant 'acme', not 'default'",
    ],
    [
      "a relation of other subjects",
      spoil((file) => Object.assign(first(file, "relation"), { subject_resource: "linear" })),
      "has subjects of type 'linear'",
    ],
    [
      "a role named as made for another",
      spoil((file) => Object.assign(first(file, "condition_set"), { key: "__autogen_reader" })),
      "and no others, are autogenerated",
    ],
    [
      "parents in a circle",
      spoil((file) => Object.assign(first(file, "condition_set"), { parent: "researchers" })),
      "make a circle",
    ],
    [
      "a condition that nobody understands",
      spoil((file) => Object.assign(first(file, "condition_set"), { conditions: { "user.a": { resembles: 1 } } })),
      "conditions",
    ],
  ];

  test.each(cases)("%s", async (_name, spoilText, message) => {
    const before = await exportText(source, secret);
    const spoiled = spoilText(before);
    expect(spoiled).not.toBe(before);
    const { status, text } = await importText(source, "default/demo?replace=true", spoiled);
    expect([status, text]).toEqual([422, expect.stringContaining(message)]);
    expect(await exportText(source, secret)).toBe(before);
    const made = await importText(source, "default/spoiled?create=true", spoiled);
    expect(made.status).toBe(422);
    const headers = { authorization: `Bearer ${source.orgKey}` };
    expect((await fetch(`${source.url}/v2/projects/default/envs/spoiled`, { headers })).status).toBe(404);
  });
});

describe("on the command line", () => {
  const env = () => ({ PERMIT_LOCAL_ORG_KEY: source.orgKey });
  const environment = ["--environment", "default/demo"];

  test("export from a running one, import into the folder of a stopped one, export from there", async () => {
    const [out, again, data] = ["demo.json", "again.json", "data"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const exported = await runToEnd(["export", ...environment, "--url", source.url, "--out", out], env());
    expect(exported).toEqual({ code: 0, stdout: "", stderr: `default/demo is in ${out}.\n` });
    expect(statSync(out).mode & 0o777).toBe(0o600);

    const fresh = await startLocalPermit({ port: 0, dataDir: data });
    const busy = await runToEnd(["import", out, ...environment, "--create", "--data", data]);
    expect(busy).toMatchObject({ code: 1, stderr: expect.stringContaining("is in use by") });
    await fresh.close();
    const imported = await runToEnd(["import", out, ...environment, "--create", "--data", data]);
    expect(imported).toEqual({ code: 0, stdout: "", stderr: `default/demo is what ${out} says.\n` });
    expect(await runToEnd(["export", ...environment, "--data", data, "--out", again])).toMatchObject({ code: 0 });
    expect(readFileSync(again, "utf8")).toBe(readFileSync(out, "utf8"));

    const kept = await runToEnd(["export", ...environment, "--data", data, "--out", again]);
    expect(kept).toEqual({ code: 1, stdout: "", stderr: `${again} exists. Delete it or give another file.\n` });
    const printed = await runToEnd(["export", ...environment, "--data", data, "--out", "-"]);
    expect(printed).toEqual({ code: 0, stdout: readFileSync(out, "utf8"), stderr: "" });
  });

  test("what is wrong with a file is told with its line, and nothing of it reaches the terminal raw", async () => {
    const file = join(folder, "wrong.json");
    const text = await exportText(source, secret);
    const wrong = text.replace('"subject_resource":"user_profile"', '"subject_resource":"\\u001b[31mred"');
    writeFileSync(file, wrong);
    const line = wrong.split("\n").findIndex((each) => each.includes("red")) + 1;
    const refused = await runToEnd(["import", file, ...environment, "--replace", "--url", source.url], env());
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(`${file}:${line}: rows.relation.0.subject_resource: string does not match regex`);
    expect(refused.stderr).toMatch(/Nothing was changed\.\n$/);

    writeFileSync(
      file,
      text.replaceAll(/"resource_instance":"user_profile:[^"]*"/g, '"resource_instance":"user_profile:gone"'),
    );
    const dangling = await runToEnd(["import", file, ...environment, "--replace", "--url", source.url], env());
    expect(dangling.stderr).toContain("there is no resource instance 'user_profile:gone'");
    writeFileSync(file, `${text.slice(0, -10)}\u001b[2J`);
    const cut = await runToEnd(["import", file, ...environment, "--replace", "--url", source.url], env());
    expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining("not JSON") });
    expect(cut.stderr).not.toContain("\u001b");
  });

  test.each([
    [["export", "--url", "http://127.0.0.1:9", "--out", "x"], 2, "--environment must be PROJECT/ENVIRONMENT"],
    [["export", ...environment, "--out", "x"], 2, "Give one of --url, --data and --database."],
    [["export", ...environment, "--data", "/nowhere", "--out", "x"], 2, "There is no local Permit in /nowhere."],
    [["export", ...environment, "--url", "http://127.0.0.1:9"], 2, "--out FILE"],
    [["export", ...environment, "--url", "http://127.0.0.1:9", "--out", "x"], 1, "does not answer"],
    [["import", ...environment, "--url", "http://127.0.0.1:9"], 2, "Give one file to read."],
    [["import", "a", ...environment, "--create", "--replace", "--data", "x"], 2, "not both"],
    [["import", "/nowhere.json", ...environment, "--url", "http://127.0.0.1:9"], 1, "no such file"],
  ])("%j is refused", async (args, code, message) => {
    const refused = await runToEnd(args, env());
    expect(refused).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(message) });
    expect(refused.stderr).not.toContain(source.orgKey);
  });

  test.each(["export", "import"])("%s --help explains it", async (command) => {
    const { code, stdout } = await runToEnd([command, "--help"]);
    expect(code).toBe(0);
    for (const option of ["--environment", "--url", "--data", "--database"]) expect(stdout).toContain(option);
  });
});
