import { readFileSync } from "node:fs";

/** A JSON schema. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

/** One operation of Permit's API; null where it has no JSON body. */
export interface Operation {
  readonly query: Readonly<Record<string, Schema>>;
  readonly body: Schema | null;
  /** By status code. */
  readonly responses: Readonly<Record<string, Schema | null>>;
}

interface ApiDescription {
  /** By path template, then by method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Permit's public API description, as reduce-openapi.ts leaves it. */
export const apiDescription = JSON.parse(
  readFileSync(new URL("permit-openapi.json", import.meta.url), "utf8"),
) as ApiDescription;

/** A path template with nameless parameters: `{proj_id}` there is `:project` here. */
function shapeOf(template: string): string {
  return template.replace(/\{[^}]+\}|:[^/]+/g, "{}");
}

const operations = new Map(
  Object.entries(apiDescription.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [`${method} ${shapeOf(path)}`, operation] as const),
  ),
);

/** The operation of a method and a route, whatever the route calls its parameters; undefined when Permit has none. */
export function operationOf(method: string, route: string): Operation | undefined {
  return operations.get(`${method.toLowerCase()} ${shapeOf(route)}`);
}
