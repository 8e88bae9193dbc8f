import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { apiDescription, type Schema } from "./testing/api-description.ts";
import { describedValues } from "./testing/described-values.ts";
import { freshEnvironment } from "./testing/fresh-environment.ts";
import { isOutOfScope, outOfScopeRows } from "./testing/out-of-scope.ts";
import { send } from "./testing/raw-http.ts";

const env = freshEnvironment();
/** What the paths and the bodies name; some of it there is, some not. */
const names = [
  ...["document", "folder", "viewer", "reader", "read", "document:read", "parent", "default", "acme", "alice"],
  ...["document:d", "folder:f", "sales", "short", "pages", "all", "fresh-1", "fresh_2"],
];
const byProperty = {
  key: ["fresh-1", "fresh-2", "fresh-3", "alice"],
  role: ["viewer", "viewer", "reader"],
  tenant: ["acme", "acme", "default"],
  user: ["alice"],
  resource: ["document", "folder"],
  on_resource: ["folder"],
  subject_resource: ["folder"],
  linked_by_relation: ["parent"],
  relation: ["parent"],
  subject: ["folder:f", "folder:g"],
  object: ["document:d", "document:e"],
  resource_instance: ["document:d", "document:e"],
  actions: ["read", "write"],
  permissions: ["read", "document:read"],
  permission: ["document:read"],
  extends: ["viewer"],
  relations: ["folder", "parent"],
  user_set: ["sales", "reader"],
  resource_set: ["short", "document"],
  idents: ["alice", "acme", "document:d"],
  resource_id: ["document"],
  parent_id: ["sales", "short"],
};
const parameters: Readonly<Record<string, string>> = {
  ...{ resource_id: "document", role_id: "viewer", action_id: "read", relation_id: "parent", tenant_id: "acme" },
  ...{ user_id: "alice", instance_id: "document:d", attribute_id: "pages", action_group_id: "all" },
  condition_set_id: "sales",
};

const rows = outOfScopeRows();
const operations = Object.entries(apiDescription.paths).flatMap(([path, item]) =>
  Object.entries(item).flatMap(([method, { body }]) =>
    // The key of an environment: what takes a whole environment or project is asked for in fuzz.test.ts.
    body === null || !/^\/v2\/(schema|facts)\//.test(path) || isOutOfScope(path, rows)
      ? []
      : [[method.toUpperCase(), path, body] as const],
  ),
);

let ids: readonly string[];

beforeEach(async () => {
  const { schema, facts } = env;
  const folder = await schema("POST", "/resources", {
    key: "folder",
    name: "Folder",
    actions: { read: {} },
    roles: { viewer: { name: "Viewer", permissions: ["read"] } },
  });
  const document = await schema("POST", "/resources", {
    key: "document",
    name: "Document",
    actions: { read: {} },
    attributes: { pages: { type: "json" } },
    relations: { parent: "folder" },
    roles: { viewer: { name: "Viewer", permissions: ["read"] } },
  });
  await schema("POST", "/users/attributes", { key: "pages", type: "json" });
  await schema("POST", "/resources/document/action_groups", { key: "all", name: "All", actions: ["read"] });
  await schema("POST", "/roles", { key: "reader", name: "Reader", permissions: ["document:read"] });
  await schema("POST", "/roles", { key: "viewer", name: "Viewer" });
  await schema("POST", "/condition_sets", { key: "sales", type: "userset", name: "Sales" });
  await schema("POST", "/condition_sets", { key: "short", type: "resourceset", name: "S", resource_id: "document" });
  await facts("POST", "/tenants", { key: "acme", name: "Acme" });
  await facts("POST", "/users", { key: "alice", role_assignments: [{ role: "reader", tenant: "default" }] });
  await facts("POST", "/resource_instances", { key: "d", resource: "document", tenant: "acme" });
  const placed = { resource_instance: "document:d", tenant: "acme" };
  await facts("POST", "/role_assignments", { user: "alice", role: "viewer", ...placed });
  await facts("POST", "/relationship_tuples", {
    ...{ subject: "folder:f", relation: "parent", object: "document:d" },
    tenant: "acme",
  });
  ids = [folder, document].map(({ body }) => (body as { id: string }).id);
});

/** What ours refuses on purpose: conditions that mean nothing, and the name `__proto__`. */
function isOwnRefusal(body: unknown): boolean {
  const { detail } = body as { detail: readonly { loc: readonly unknown[]; msg: string }[] };
  return detail.every(({ loc, msg }) => loc.includes("conditions") || msg === "the name __proto__ is not allowed");
}

test.each(operations)("%s %s takes every body that the API description allows", async (method, template, schema) => {
  const path = template
    .replace("{proj_id}/{env_id}", env.path)
    .replace(/\{([^}]+)\}/g, (_match, name: string) => encodeURIComponent(parameters[name] ?? "none"));
  const bodies = describedValues(schema as Schema, { names, byProperty, ids });
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const answer = await send(env.url, env.secret, method, path, body);
      const problem = `${method} ${path} ${JSON.stringify(body)} -> ${JSON.stringify(answer)}`;
      if (answer.status === 422) expect(isOwnRefusal(answer.body), problem).toBe(true);
      expect(answer.status, problem).toBeLessThan(500);
    }),
    { numRuns: 20 },
  );
});
