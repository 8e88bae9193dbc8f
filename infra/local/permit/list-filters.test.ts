import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { send } from "./testing/raw-http.ts";
import { newEnvironment } from "./testing/sdk.ts";

type Row = Readonly<Record<string, unknown>>;

/** A filter of a list: its name in the query, and the texts that a row answers to by it. */
type Filters = Readonly<Record<string, (row: Row) => readonly unknown[]>>;

let local: LocalPermit;
let secret: string;

beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
  const environment = await newEnvironment(local.url, local.orgKey, "lists");
  ({ secret } = environment);
  const { api } = environment.permit;
  const roles = { viewer: { name: "Viewer" }, editor: { name: "Editor" } };
  for (const key of ["folder", "document"]) await api.resources.create({ key, name: key, actions: {}, roles });
  for (const [on, key] of [
    ["document", "parent"],
    ["folder", "parent"],
    ["folder", "next"],
  ] as const) {
    await api.resourceRelations.create(on, { key, name: key, subject_resource: "folder" });
  }
  for (const key of ["viewer", "boss"]) await api.roles.create({ key, name: key });
  for (const key of ["acme", "globex"]) await api.tenants.create({ key, name: key });
  const users = ["ann", "ben", "cid", "dan"];
  await api.users.bulkUserCreate(users.map((key) => ({ key })));
  // Every third of all that could be, so that each filter leaves some and takes some.
  const everyThird = <T>(rows: readonly T[]) => rows.filter((_, index) => index % 3 === 0);
  const places = ["acme", "globex"].flatMap((tenant) => [
    { tenant, role: "viewer" },
    { tenant, role: "boss" },
    ...["folder", "document"].flatMap((type) =>
      ["viewer", "editor"].map((role) => ({ tenant, role, resource_instance: `${type}:${tenant}-1` })),
    ),
  ]);
  await api.roleAssignments.bulkAssign(
    everyThird(users.flatMap((user) => places.map((place) => ({ user, ...place })))),
  );
  const tuples = ["acme", "globex"].flatMap((tenant) =>
    ["1", "2"].flatMap((subject) =>
      ["folder parent", "folder next", "document parent"].flatMap((kind) =>
        ["1", "3"].map((object) => {
          const [type, relation = ""] = kind.split(" ");
          return { subject: `folder:${tenant}-${subject}`, relation, object: `${type}:${tenant}-${object}`, tenant };
        }),
      ),
    ),
  );
  await api.relationshipTuples.bulkRelationshipTuples(tuples.filter((_, index) => index % 3 !== 0));
  return () => local.close();
});

const typeOf = (reference: unknown) => String(reference).split(":")[0];

async function list(path: string, query: readonly (readonly [string, string])[]): Promise<unknown> {
  const search = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value]));
  const { status, body } = await send(local.url, secret, "GET", `/v2/facts/default/lists/${path}?${search}`);
  expect(status).toBe(200);
  return body;
}

/** Every list, with what its filters mean by the rows themselves, and which of them may be given several times. */
const lists: readonly (readonly [path: string, filters: Filters, several: readonly string[]])[] = [
  [
    "role_assignments",
    {
      user: ({ user, user_id }) => [user, user_id],
      role: ({ role, role_id }) => [role, role_id],
      tenant: ({ tenant, tenant_id }) => [tenant, tenant_id],
      resource: ({ resource_instance }) => (resource_instance === null ? [] : [typeOf(resource_instance)]),
      resource_instance: ({ resource_instance, resource_instance_id }) =>
        resource_instance === null ? [] : [resource_instance, resource_instance_id],
    },
    ["user", "role", "tenant"],
  ],
  [
    "relationship_tuples",
    {
      subject: ({ subject, subject_id }) => [subject, subject_id],
      relation: ({ relation, relation_id }) => [relation, relation_id],
      object: ({ object, object_id }) => [object, object_id],
      subject_type: ({ subject }) => [typeOf(subject)],
      object_type: ({ object }) => [typeOf(object)],
      tenant: ({ tenant, tenant_id }) => [tenant, tenant_id],
    },
    [],
  ],
  [
    "resource_instances",
    {
      tenant: ({ tenant, tenant_id }) => [tenant, tenant_id],
      resource: ({ resource, resource_id }) => [resource, resource_id],
    },
    [],
  ],
];

describe.each(lists)("%s", (path, filters, several) => {
  test("a list has exactly the rows that fit all filters, in order, on however large pages", async () => {
    const all = (await list(path, [["per_page", "100"]])) as readonly Row[];
    expect(all.length).toBeGreaterThan(5);
    const names = Object.keys(filters);
    const valuesOf = (name: string) => [
      ...new Set(all.flatMap((row) => filters[name]?.(row) ?? []).map(String)),
      "none",
    ];
    const query = fc
      .subarray(names)
      .chain((chosen) =>
        fc.tuple(
          ...chosen.map((name) =>
            fc
              .array(fc.constantFrom(...valuesOf(name)), { minLength: 1, maxLength: several.includes(name) ? 3 : 1 })
              .map((values) => [name, values] as const),
          ),
        ),
      );
    await fc.assert(
      fc.asyncProperty(query, fc.integer({ min: 1, max: 7 }), async (asked, perPage) => {
        const fits = (row: Row) =>
          asked.every(([name, values]) => (filters[name]?.(row) ?? []).some((text) => values.includes(String(text))));
        const expected = all.filter(fits);
        const pairs = asked.flatMap(([name, values]) => values.map((value) => [name, value] as const));
        const pages: unknown[] = [];
        const pageCount = Math.ceil(expected.length / perPage);
        for (let page = 1; page <= pageCount + 1; page += 1) {
          pages.push(...((await list(path, [...pairs, ["page", `${page}`], ["per_page", `${perPage}`]])) as unknown[]));
        }
        expect(pages).toEqual(expected);
        expect(await list(path, [...pairs, ["include_total_count", "true"], ["per_page", `${perPage}`]])).toEqual({
          data: expected.slice(0, perPage),
          total_count: expected.length,
          page_count: pageCount,
        });
      }),
      { numRuns: 60 },
    );
  });
});
