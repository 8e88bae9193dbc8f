/**
 * Makes permit-openapi.json from Permit's public API description (an OpenAPI 3.1 document):
 * `node infra/local/permit/testing/reduce-openapi.ts SOURCE`. What tests compare with is kept: the paths of the parts
 * that local Permit speaks or declares out of scope, parameters, and schemas. Prose and examples are not.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

const keptPaths = /^\/v2\/(api-key|projects|schema|facts|pdps\/\{proj_id\}\/\{env_id\}\/audit_logs)(\/|$)/;
const methods: ReadonlySet<string> = new Set(["get", "post", "put", "patch", "delete"]);
const prose: ReadonlySet<string> = new Set(["title", "description", "example", "examples", "hidden_from_schema"]);

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A schema without prose. Below `properties` every key is a name: `title` is one there. */
function schemaOf(value: Json, keysAreNames = false): Json {
  if (Array.isArray(value)) return value.map((item) => schemaOf(item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => keysAreNames || !prose.has(key))
      .map(([key, inner]) => [key, schemaOf(inner, key === "properties" && !keysAreNames)]),
  );
}

/** Its JSON schema; null for a content without one, and for none. */
function contentSchema(part: Json | undefined): Json {
  const content = isObject(part) ? part.content : undefined;
  const json = isObject(content) ? content["application/json"] : undefined;
  return isObject(json) && json.schema !== undefined ? schemaOf(json.schema) : null;
}

function operationOf(operation: JsonObject): Json {
  const { parameters, requestBody, responses } = operation;
  const query = (Array.isArray(parameters) ? parameters : []).filter((each) => each.in === "query");
  return {
    query: Object.fromEntries(query.map(({ name, schema }) => [String(name), schemaOf(schema)])),
    body: contentSchema(requestBody),
    responses: Object.fromEntries(
      Object.entries(isObject(responses) ? responses : {}).map(([status, each]) => [status, contentSchema(each)]),
    ),
  };
}

/** The names of all schemas that `value` refers to, directly or through others. */
function referred(schemas: JsonObject, value: Json, found = new Set<string>()): ReadonlySet<string> {
  for (const [, name = ""] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (found.has(name)) continue;
    found.add(name);
    referred(schemas, schemaOf(schemas[name] ?? null), found);
  }
  return found;
}

/** One entry per line, so that a change of the description is a readable one here. */
function lines(object: JsonObject): string {
  return Object.entries(object)
    .map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(",\n");
}

const [, , source] = argv;
if (source === undefined) {
  process.stderr.write("Give the path of Permit's API description: node reduce-openapi.ts SOURCE\n");
  process.exit(1);
}
const description = JSON.parse(readFileSync(source, "utf8")) as {
  paths: Record<string, JsonObject>;
  components: { schemas: JsonObject };
};
const { schemas } = description.components;
const paths = Object.fromEntries(
  Object.entries(description.paths)
    .filter(([path]) => keptPaths.test(path))
    .map(([path, item]) => {
      const operations = Object.entries(item).filter(([method]) => methods.has(method));
      return [path, Object.fromEntries(operations.map(([method, each]) => [method, operationOf(each as JsonObject)]))];
    }),
);
// Errors are answered in this shape, although no operation says so.
const names = [
  ...new Set([...referred(schemas, paths), ...referred(schemas, { $ref: "#/components/schemas/ErrorDetails" })]),
];
const reduced = Object.fromEntries(names.toSorted().map((name) => [name, schemaOf(schemas[name] ?? null)]));
writeFileSync(
  new URL("permit-openapi.json", import.meta.url),
  `{\n  "paths": {\n${lines(paths)}\n  },\n  "components": {\n    "schemas": {\n${lines(reduced)}\n    }\n  }\n}\n`,
);
process.stdout.write(`${Object.keys(paths).length} paths, ${names.length} schemas\n`);
