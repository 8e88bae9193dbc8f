import fc from "fast-check";
import { expect, test } from "vitest";
import { type DefinitionChange, definitionDiff, definitionParts } from "./definition-diff.ts";
import { type ToolDefinition, toolDigest } from "./lock.ts";

type Definition = Omit<ToolDefinition, "digest">;
const schema = (properties: Record<string, unknown>, required: string[] = []) => ({
  inputSchema: { type: "object", properties, required },
});

test.each<[string, Definition, Definition, readonly DefinitionChange[]]>([
  ["nothing", schema({ id: { type: "string" } }), schema({ id: { type: "string" } }), []],
  [
    "title and description",
    { ...schema({}), title: "Read", description: "Read one" },
    { ...schema({}), description: "Read all" },
    [
      { part: "title", pointer: "", before: "Read", after: undefined },
      { part: "description", pointer: "", before: "Read one", after: "Read all" },
    ],
  ],
  [
    "annotations that were not there",
    schema({}),
    { ...schema({}), annotations: { readOnlyHint: true } },
    [{ part: "annotations", pointer: "", before: undefined, after: { readOnlyHint: true } }],
  ],
  [
    "one annotation",
    { ...schema({}), annotations: { readOnlyHint: true, title: "A" } },
    { ...schema({}), annotations: { readOnlyHint: false, title: "A" } },
    [{ part: "annotations", pointer: "/readOnlyHint", before: true, after: false }],
  ],
  [
    "a property that is new and required, and one that is another",
    schema({ id: { type: "string" } }, ["id"]),
    schema({ id: { type: "string", description: "Id" }, force: { type: "boolean" } }, ["id", "force"]),
    [
      { part: "inputSchema", pointer: "/properties/force", before: undefined, after: { type: "boolean" } },
      { part: "inputSchema", pointer: "/properties/id/description", before: undefined, after: "Id" },
      { part: "inputSchema", pointer: "/required", before: ["id"], after: ["id", "force"] },
    ],
  ],
  [
    "within a list of schemas",
    { inputSchema: { oneOf: [{ type: "string" }, { type: "null" }] } },
    { inputSchema: { oneOf: [{ type: "number" }, { type: "null" }, {}] } },
    [
      { part: "inputSchema", pointer: "/oneOf/0/type", before: "string", after: "number" },
      { part: "inputSchema", pointer: "/oneOf/2", before: undefined, after: {} },
    ],
  ],
  [
    "names with the characters of pointers, and names of prototypes",
    schema({ "a/b~c": 1 }),
    schema({ "a/b~c": 2, constructor: 3 }),
    [
      { part: "inputSchema", pointer: "/properties/a~1b~0c", before: 1, after: 2 },
      { part: "inputSchema", pointer: "/properties/constructor", before: undefined, after: 3 },
    ],
  ],
  [
    "kinds of values",
    schema({ a: [], b: null, c: [1] }),
    schema({ a: {}, b: {}, c: [{}] }),
    [
      { part: "inputSchema", pointer: "/properties/a", before: [], after: {} },
      { part: "inputSchema", pointer: "/properties/b", before: null, after: {} },
      { part: "inputSchema", pointer: "/properties/c", before: [1], after: [{}] },
    ],
  ],
])("finds %s", (_, before, after, changes) => {
  expect(definitionDiff(before, after)).toEqual(changes);
});

// Few names and values, so that two definitions often share some of them.
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, 1, "", "a"),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(fc.constantFrom("a", "b", "a/b", "~", "0", "10", "constructor"), tie("value"), { maxKeys: 4 }),
}));
const object = json.object as fc.Arbitrary<Record<string, unknown>>;

const definition: fc.Arbitrary<Definition> = fc
  .tuple(
    fc.record({ inputSchema: object }),
    fc.record(
      {
        title: fc.constantFrom("", "A"),
        description: fc.constantFrom("", "B"),
        outputSchema: object,
        annotations: object,
      },
      { requiredKeys: [] },
    ),
  )
  .map(([needed, more]) => ({ ...needed, ...more }));

/** The definition with the changes made, by RFC 6901 alone. */
function apply(before: Definition, changes: readonly DefinitionChange[]): unknown {
  const root: Record<string, unknown> = structuredClone(before);
  for (const { part, pointer, after } of changes) {
    const tokens = pointer
      .split("/")
      .slice(1)
      .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
    const path = [part, ...tokens];
    let parent: Record<string, unknown> = root;
    for (const token of path.slice(0, -1)) parent = parent[token] as Record<string, unknown>;
    const last = path.at(-1) ?? "";
    if (after === undefined) delete parent[last];
    else parent[last] = after;
  }
  return JSON.parse(
    JSON.stringify(root, (_, value: unknown) => (Array.isArray(value) ? value.filter(() => true) : value)),
  );
}

test("is empty exactly when the digests are equal, and has all that tells the one from the other", () => {
  fc.assert(
    fc.property(definition, definition, (a, b) => {
      const changes = definitionDiff(a, b);
      expect(changes.length === 0).toBe(toolDigest("t", a) === toolDigest("t", b));
      const made = apply(a, changes);
      expect(made).toEqual(JSON.parse(JSON.stringify(b)));
      expect(definitionDiff(b, a)).toEqual(
        changes.map(({ before, after, ...place }) => ({ ...place, before: after, after: before })),
      );
      expect(definitionDiff(a, a)).toEqual([]);
      expect(changes.every(({ part }) => definitionParts.includes(part))).toBe(true);
    }),
  );
});
