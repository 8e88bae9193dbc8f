import { z } from "zod";

/** A schema with what wraps it (default, optional) taken off. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}

/** The schema one step below `schema`, or undefined when the format has nothing there. */
function below(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    // `shape` is a plain object: without the check, "constructor" would be found on its prototype.
    return Object.hasOwn(inner.shape, key) ? inner.shape[String(key)] : undefined;
  }
  if (inner instanceof z.ZodRecord) return inner.valueType;
  if (inner instanceof z.ZodArray) return inner.element;
  return undefined;
}

/** The description that the format has for the field at `path`, or of the nearest field above it. */
export function describeField(schema: z.ZodType, path: readonly PropertyKey[]): string {
  let current: z.core.$ZodType | undefined = schema;
  let description = schema.description ?? "";
  for (const key of path) {
    current = below(current, key);
    if (current === undefined) return description;
    description = z.globalRegistry.get(current)?.description ?? description;
  }
  return description;
}

/** The field names that the format knows in the object at `path`; empty when the names are free. */
export function fieldNames(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let current: z.core.$ZodType | undefined = schema;
  for (const key of path) if (current !== undefined) current = below(current, key);
  const inner = current === undefined ? undefined : unwrap(current);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** Every field of a format as `path -> description`; `<name>` stands for a free name, `[]` for an item of a list. */
export function listFields(schema: z.core.$ZodType, path = ""): readonly (readonly [string, string | undefined])[] {
  const inner = unwrap(schema);
  const own = [[path, z.globalRegistry.get(schema)?.description] as const];
  const join = (key: string) => (path === "" ? key : `${path}.${key}`);
  if (inner instanceof z.ZodObject) {
    return [
      ...own,
      ...Object.entries<z.core.$ZodType>(inner.shape).flatMap(([key, field]) => listFields(field, join(key))),
    ];
  }
  if (inner instanceof z.ZodRecord) return [...own, ...listFields(inner.valueType, join("<name>"))];
  if (inner instanceof z.ZodArray) return [...own, ...listFields(inner.element, `${path}[]`)];
  return own;
}
