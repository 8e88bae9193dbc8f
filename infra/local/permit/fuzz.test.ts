import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { apiDescription } from "./testing/api-description.ts";
import { environmentId, fuzzRoutes, organizationId } from "./testing/fuzz-routes.ts";
import { send } from "./testing/raw-http.ts";
import { newEnvironment } from "./testing/sdk.ts";

const dataDir = mkdtempSync(join(tmpdir(), "local-permit-fuzz-"));
let local: LocalPermit;
let secret: string;
let ids: { readonly organization_id: string; readonly environment_id: string };

beforeAll(async () => {
  // On disk: what passes the checks must also be storable.
  local = await startLocalPermit({ port: 0, dataDir });
  const environment = await newEnvironment(local.url, local.orgKey, "fuzz");
  ({ secret } = environment);
  const scope = await send(local.url, secret, "GET", "/v2/api-key/scope");
  ids = scope.body as typeof ids;
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

const fields = [
  ...["key", "name", "user", "role", "tenant", "resource", "resource_instance", "subject", "relation", "object"],
  ...["actions", "roles", "relations", "attributes", "permissions", "extends", "granted_to", "users_with_role", "when"],
  ...["on_resource", "linked_by_relation", "operations", "idents", "action", "type", "email", "role_assignments"],
  ...["initial_environments", "subject_resource", "no_direct_roles_on_object", "context"],
  ...["conditions", "parent_id", "resource_id", "is_role", "allOf", "anyOf", "not", "user.key", "context.context"],
  ...["target_env", "existing", "new", "scope", "include", "exclude", "conflict_strategy", "object_type", "*", "a*b"],
  ...["organization_id", "environment_id", "project_id", "access_level", "settings", "jwks"],
  ...["equals", "in", "contains", "array_intersect", "object_match", "match", "fk_resource_type", "ref"],
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

const call = ([method, path]: (typeof fuzzRoutes)[number], text: string) =>
  send(
    local.url,
    path.startsWith("/v2/") ? local.orgKey : secret,
    method,
    path,
    text.replaceAll(organizationId, ids.organization_id).replaceAll(environmentId, ids.environment_id),
  );
const answered = ({ status }: { readonly status: number }) => status >= 200 && status < 500;

test("the bodies it starts from are taken", async () => {
  for (const route of fuzzRoutes) {
    const { status, body } = await call(route, JSON.stringify(route[2]));
    expect([200, 201, 202, 204, 404, 409], `${route[0]} ${route[1]} ${JSON.stringify(body)}`).toContain(status);
  }
});

test("no body makes a 5xx", { timeout: 60_000 }, async () => {
  const route = fc.constantFrom(...fuzzRoutes);
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
    { numRuns: 3_000 },
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
    fc.asyncProperty(fc.constantFrom(...fuzzRoutes), fc.array(piece, { maxLength: 4 }), async ([, path], pieces) => {
      const tail = pieces.map((each) =>
        each.startsWith("%z") || /[?&=]/.test(each) ? each : encodeURIComponent(each),
      );
      const answer = await send(local.url, local.orgKey, "GET", `${path}/${tail.join("/")}`);
      expect(answer, `${path}/${tail.join("/")}`).toSatisfy(answered);
    }),
    { numRuns: 300 },
  );
});

/** Every list and every single object that Permit has, in the environment that is fuzzed, with what it can be asked. */
const reads = Object.entries(apiDescription.paths)
  .filter(([path]) => path.includes("{env_id}"))
  .flatMap(([path, { get }]) =>
    get === undefined
      ? []
      : [[path.replace("{proj_id}", "default").replace("{env_id}", "fuzz"), Object.keys(get.query)] as const],
  );

test("no query that Permit knows, with any value, makes a 5xx", { timeout: 60_000 }, async () => {
  const values = fc.oneof(
    fc.constantFrom(...nasty.filter((each) => each.isWellFormed())),
    fc.constantFrom("true", "false", "1", "0", "-1", "1000", "1e3", "9".repeat(30), "None", "userset", "startswith"),
  );
  const asked = fc.constantFrom(...reads).chain(([path, names]) =>
    fc.tuple(
      fc.constant(path),
      fc.array(fc.constantFrom(...nasty.filter((each) => each.isWellFormed() && each !== "")), {
        minLength: 3,
        maxLength: 3,
      }),
      fc.array(fc.tuple(fc.constantFrom(...names, "other"), values), { maxLength: 5 }),
    ),
  );
  await fc.assert(
    fc.asyncProperty(asked, async ([template, parts, query]) => {
      let part = 0;
      const path = template.replace(/\{[^}]+\}/g, () => encodeURIComponent(parts[part++] ?? "x"));
      const url = `${path}?${new URLSearchParams(query.map(([name, value]): [string, string] => [name, value]))}`;
      expect(await send(local.url, secret, "GET", url), url).toSatisfy(answered);
    }),
    { numRuns: 800 },
  );
});
