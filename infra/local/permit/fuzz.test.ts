import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { send } from "./testing/raw-http.ts";
import { newEnvironment } from "./testing/sdk.ts";

const dataDir = mkdtempSync(join(tmpdir(), "local-permit-fuzz-"));
let local: LocalPermit;
let secret: string;

beforeAll(async () => {
  // On disk: what passes the checks must also be storable.
  local = await startLocalPermit({ port: 0, dataDir });
  const environment = await newEnvironment(local.url, local.orgKey, "fuzz");
  ({ secret } = environment);
  const { api } = environment.permit;
  await api.resources.create({
    key: "t",
    name: "T",
    actions: { a: {} },
    relations: {},
    roles: { r: { name: "R", permissions: ["a"] } },
  });
  await api.resources.update("t", { relations: { l: "t" } });
  await api.users.create({ key: "u" });
  await api.resourceInstances.create({ resource: "t", key: "k", tenant: "default" });
});
afterAll(async () => {
  await local.close();
  rmSync(dataDir, { recursive: true });
});

const schema = "/v2/schema/default/fuzz";
const facts = "/v2/facts/default/fuzz";
const rule = { role: "r", on_resource: "t", linked_by_relation: "l", when: { no_direct_roles_on_object: false } };
const action = { name: "A", description: "d", attributes: { a: 1 } };
const role = { name: "R", permissions: ["a"], extends: [], granted_to: { users_with_role: [rule] } };
const resource = { name: "T", actions: { a: action }, relations: { l: "t" }, roles: { r: role }, attributes: {} };
const user = { key: "u", email: "u@example.com", first_name: "U", attributes: { a: [1, "x"] } };
const assignment = { user: "u", role: "r", resource_instance: "t:k", tenant: "default" };
const instance = { resource: "t", key: "k", tenant: "default", attributes: { a: 1 } };
const tuple = { subject: "t:k", relation: "l", object: "t:k2" };
const query = { user, action: "a", resource: { type: "t", key: "k", tenant: "default", attributes: {} }, context: {} };

/** Every route with a body, and a body that it takes or that comes close. */
const routes: readonly (readonly [method: string, path: string, body: unknown])[] = [
  ["POST", "/v2/projects", { key: "p", name: "P", initial_environments: [{ key: "e", name: "E" }] }],
  ["POST", "/v2/projects/default/envs", { key: "e", name: "E", settings: {} }],
  ["PATCH", "/v2/projects/default/envs/fuzz", { name: "Fuzz" }],
  ["POST", `${schema}/resources`, { ...resource, key: "t2" }],
  ["PUT", `${schema}/resources/t`, resource],
  ["PATCH", `${schema}/resources/t`, resource],
  ["POST", `${schema}/resources/t/actions`, { ...action, key: "a2" }],
  ["PATCH", `${schema}/resources/t/actions/a`, action],
  ["POST", `${schema}/resources/t/relations`, { key: "l2", name: "L", subject_resource: "t" }],
  ["POST", `${schema}/resources/t/roles`, { ...role, key: "r2" }],
  ["PATCH", `${schema}/resources/t/roles/r`, role],
  ["POST", `${schema}/resources/t/roles/r/permissions`, { permissions: ["t:a"] }],
  ["DELETE", `${schema}/resources/t/roles/r/permissions`, { permissions: ["t:a"] }],
  ["POST", `${schema}/resources/t/roles/r/implicit_grants`, rule],
  ["DELETE", `${schema}/resources/t/roles/r/implicit_grants`, rule],
  ["PUT", `${schema}/resources/t/roles/r/implicit_grants/conditions`, rule.when],
  ["POST", `${schema}/roles`, { key: "top", name: "Top", permissions: ["t:a"] }],
  ["PATCH", `${schema}/roles/top`, { permissions: ["t:a"], extends: ["top"] }],
  ["POST", `${facts}/tenants`, { key: "other", name: "Other", attributes: {} }],
  ["PATCH", `${facts}/tenants/default`, { name: "Default", attributes: {} }],
  ["POST", `${facts}/users`, { ...user, key: "u2", role_assignments: [{ role: "top", tenant: "default" }] }],
  ["PUT", `${facts}/users/u`, user],
  ["PATCH", `${facts}/users/u`, { email: "u@example.com", attributes: { a: 1 } }],
  ["POST", `${facts}/bulk/users`, { operations: [user, { key: "u3" }] }],
  ["PUT", `${facts}/bulk/users`, { operations: [user, { key: "u3" }] }],
  ["DELETE", `${facts}/bulk/users`, { idents: ["u2", "u3"] }],
  ["POST", `${facts}/role_assignments`, assignment],
  ["DELETE", `${facts}/role_assignments`, assignment],
  ["POST", `${facts}/role_assignments/bulk`, [assignment]],
  ["DELETE", `${facts}/role_assignments/bulk`, [assignment]],
  ["POST", `${facts}/resource_instances`, { ...instance, key: "k3" }],
  ["PATCH", `${facts}/resource_instances/t:k`, { attributes: { a: 1 } }],
  ["PUT", `${facts}/bulk/resource_instances`, { operations: [instance] }],
  ["DELETE", `${facts}/bulk/resource_instances`, { idents: ["t:k3"] }],
  ["POST", `${facts}/relationship_tuples`, { ...tuple, tenant: "default" }],
  ["DELETE", `${facts}/relationship_tuples`, tuple],
  ["POST", `${facts}/relationship_tuples/bulk`, { operations: [{ ...tuple, tenant: "default" }] }],
  ["DELETE", `${facts}/relationship_tuples/bulk`, { idents: [tuple] }],
  ["POST", "/allowed", query],
  ["POST", "/allowed/bulk", [query]],
  ["POST", "/user-permissions", { user, tenants: ["default"], resources: ["t:k"], resource_types: ["t"] }],
];

const fields = [
  ...["key", "name", "user", "role", "tenant", "resource", "resource_instance", "subject", "relation", "object"],
  ...["actions", "roles", "relations", "attributes", "permissions", "extends", "granted_to", "users_with_role", "when"],
  ...["on_resource", "linked_by_relation", "operations", "idents", "action", "type", "email", "role_assignments"],
  ...["initial_environments", "subject_resource", "no_direct_roles_on_object", "context"],
];
const nasty = [
  ...[
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "default",
    "t",
    "t:k",
    "t:",
    ":",
    ":k",
    "u",
  ],
  ...["r", "a", "l", "", " ", "\0", "\ud800", "%", "../..", "a".repeat(5_000)],
];
const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...fields) },
  { weight: 2, arbitrary: fc.constantFrom(...nasty) },
);
const { value } = fc.letrec<{ value: unknown; leaf: unknown; map: unknown }>((tie) => ({
  leaf: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...nasty) },
    fc.constantFrom(null, true, false, 0, -1, 1e308, Number.MAX_SAFE_INTEGER),
  ),
  map: fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map((pairs) => ({ json: pairs })),
  value: fc.oneof({ maxDepth: 4 }, tie("leaf"), tie("map"), fc.array(tie("value"), { maxLength: 3 })),
}));

/** Plain JSON with its maps as pairs. */
function pairsOf(each: unknown): unknown {
  if (Array.isArray(each)) return each.map(pairsOf);
  if (typeof each !== "object" || each === null) return each;
  return { json: Object.entries(each).map(([name, inner]) => [name, pairsOf(inner)]) };
}

/** The body with some of its parts replaced: `choices` says at each part whether, `values` by what. */
function mutate(each: unknown, choices: readonly number[], values: readonly unknown[]): unknown {
  let part = 0;
  const visit = (node: unknown): unknown => {
    part += 1;
    if (choices.includes(part)) return values[part % values.length];
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== "object" || node === null) return node;
    const { json } = node as { json: readonly (readonly [string, unknown])[] };
    return { json: json.map(([name, inner]) => [name, visit(inner)]) };
  };
  return visit(each);
}

/** Writes maps from pairs, so that `__proto__` and keys given twice reach the wire. */
function write(each: unknown): string {
  if (Array.isArray(each)) return `[${each.map(write).join(",")}]`;
  if (typeof each !== "object" || each === null) return JSON.stringify(each);
  const { json } = each as { json: readonly (readonly [string, unknown])[] };
  return `{${json.map(([name, inner]) => `${JSON.stringify(name)}:${write(inner)}`).join(",")}}`;
}

const call = ([method, path]: (typeof routes)[number], text: string) =>
  send(local.url, path.startsWith("/v2/") ? local.orgKey : secret, method, path, text);
const answered = ({ status }: { readonly status: number }) => status >= 200 && status < 500;

test("the bodies it starts from are taken", async () => {
  for (const route of routes) {
    const { status, body } = await call(route, JSON.stringify(route[2]));
    expect([200, 201, 204, 404, 409], `${route[0]} ${route[1]} ${JSON.stringify(body)}`).toContain(status);
  }
});

test("no body makes a 5xx", { timeout: 60_000 }, async () => {
  const route = fc.constantFrom(...routes);
  const malformed = [
    ...["{", "[", '"', "nul", "1e999", '{"key":1e999}', "[".repeat(100_000), '{"attributes":'.repeat(5_000)],
    ...[`${"[".repeat(500)}${"]".repeat(500)}`, '{"key":"x","key":"y"}'],
  ];
  const parts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 2 });
  const request = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(route, parts, fc.array(value, { minLength: 1, maxLength: 3 }))
        .map(([each, choices, values]) => [each, write(mutate(pairsOf(each[2]), choices, values))] as const),
    },
    { weight: 3, arbitrary: fc.tuple(route, value.map(write)) },
    { weight: 1, arbitrary: fc.tuple(route, fc.constantFrom(...malformed)) },
  );
  await fc.assert(
    fc.asyncProperty(request, async ([each, text]) => {
      expect(await call(each, text), `${each[0]} ${each[1]} ${text.slice(0, 500)}`).toSatisfy(answered);
    }),
    { numRuns: 1_500 },
  );
  expect(await send(local.url, null, "GET", "/healthy")).toMatchObject({ status: 200 });
});

test("no path and no query makes a 5xx", async () => {
  const piece = fc.constantFrom(
    ...nasty.filter((each) => each.isWellFormed()),
    "%zz",
    "?page=",
    "&page=1&page=2",
    "role=",
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), fc.array(piece, { maxLength: 4 }), async ([, path], pieces) => {
      const tail = pieces.map((each) =>
        each.startsWith("%z") || /[?&=]/.test(each) ? each : encodeURIComponent(each),
      );
      const answer = await send(local.url, local.orgKey, "GET", `${path}/${tail.join("/")}`);
      expect(answer, `${path}/${tail.join("/")}`).toSatisfy(answered);
    }),
    { numRuns: 300 },
  );
});
