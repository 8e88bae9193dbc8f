import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { send } from "./testing/raw-http.ts";
import { newEnvironment } from "./testing/sdk.ts";

let local: LocalPermit;
let secret: string;

beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
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
afterAll(() => local.close());

const schema = "/v2/schema/default/fuzz";
const facts = "/v2/facts/default/fuzz";
const routes = [
  ["POST", "/v2/projects"],
  ["POST", "/v2/projects/default/envs"],
  ["PATCH", "/v2/projects/default/envs/fuzz"],
  ["POST", `${schema}/resources`],
  ["PUT", `${schema}/resources/t`],
  ["PATCH", `${schema}/resources/t`],
  ["POST", `${schema}/resources/t/actions`],
  ["PATCH", `${schema}/resources/t/actions/a`],
  ["POST", `${schema}/resources/t/relations`],
  ["POST", `${schema}/resources/t/roles`],
  ["PATCH", `${schema}/resources/t/roles/r`],
  ["POST", `${schema}/resources/t/roles/r/permissions`],
  ["DELETE", `${schema}/resources/t/roles/r/permissions`],
  ["POST", `${schema}/resources/t/roles/r/implicit_grants`],
  ["DELETE", `${schema}/resources/t/roles/r/implicit_grants`],
  ["PUT", `${schema}/resources/t/roles/r/implicit_grants/conditions`],
  ["POST", `${schema}/roles`],
  ["PATCH", `${schema}/roles/r`],
  ["POST", `${facts}/tenants`],
  ["PATCH", `${facts}/tenants/default`],
  ["POST", `${facts}/users`],
  ["PUT", `${facts}/users/u`],
  ["PATCH", `${facts}/users/u`],
  ["POST", `${facts}/bulk/users`],
  ["PUT", `${facts}/bulk/users`],
  ["DELETE", `${facts}/bulk/users`],
  ["POST", `${facts}/role_assignments`],
  ["DELETE", `${facts}/role_assignments`],
  ["POST", `${facts}/role_assignments/bulk`],
  ["DELETE", `${facts}/role_assignments/bulk`],
  ["POST", `${facts}/resource_instances`],
  ["PATCH", `${facts}/resource_instances/t:k`],
  ["PUT", `${facts}/bulk/resource_instances`],
  ["DELETE", `${facts}/bulk/resource_instances`],
  ["POST", `${facts}/relationship_tuples`],
  ["DELETE", `${facts}/relationship_tuples`],
  ["POST", `${facts}/relationship_tuples/bulk`],
  ["DELETE", `${facts}/relationship_tuples/bulk`],
  ["POST", "/allowed"],
  ["POST", "/allowed/bulk"],
  ["POST", "/user-permissions"],
] as const;

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

/** Writes maps from pairs, so that `__proto__` and keys given twice reach the wire. */
function write(each: unknown): string {
  if (Array.isArray(each)) return `[${each.map(write).join(",")}]`;
  if (typeof each !== "object" || each === null) return JSON.stringify(each);
  const { json } = each as { json: readonly (readonly [string, unknown])[] };
  return `{${json.map(([name, inner]) => `${JSON.stringify(name)}:${write(inner)}`).join(",")}}`;
}

const refusable = (status: number) => status >= 200 && status < 500;

test("no body makes a 5xx", { timeout: 60_000 }, async () => {
  const body = fc.oneof(
    { weight: 8, arbitrary: value.map(write) },
    fc.constantFrom(
      "{",
      "[",
      '"',
      "nul",
      "1e999",
      '{"key":1e999}',
      "[".repeat(100_000),
      '{"attributes":'.repeat(5_000),
    ),
    fc.constantFrom(`${"[".repeat(500)}${"]".repeat(500)}`, '{"key":"x","key":"y"}'),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), body, async ([method, path], text) => {
      const isDecision = !path.startsWith("/v2/");
      const answer = await send(local.url, isDecision ? secret : local.orgKey, method, path, text);
      expect(answer, `${method} ${path} ${text.slice(0, 500)}`).toSatisfy(({ status }) => refusable(status));
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
      expect(answer, `${path}/${tail.join("/")}`).toSatisfy(({ status }) => refusable(status));
    }),
    { numRuns: 300 },
  );
});
