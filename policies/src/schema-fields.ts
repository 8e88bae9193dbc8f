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

/** One field of a format, as its documentation says it. */
export interface FieldDoc {
  /** `<name>` stands for a free name, `[]` for an item of a list. Empty for the file itself. */
  readonly path: string;
  readonly description: string;
  /** What holds when the field is left out: `required`, `optional`, or the default as JSON. */
  readonly without: string;
}

function withoutField(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodOptional) return "optional";
  return schema instanceof z.ZodDefault ? JSON.stringify(schema.def.defaultValue) : "required";
}

/** Every field of a format, in the order of the schema. */
export function listFields(schema: z.core.$ZodType, path = ""): readonly FieldDoc[] {
  const inner = unwrap(schema);
  const description = z.globalRegistry.get(schema)?.description ?? "";
  const own: FieldDoc = { path, description, without: withoutField(schema) };
  const join = (key: string) => (path === "" ? key : `${path}.${key}`);
  if (inner instanceof z.ZodObject) {
    const fields = Object.entries<z.core.$ZodType>(inner.shape);
    return [own, ...fields.flatMap(([key, field]) => listFields(field, join(key)))];
  }
  if (inner instanceof z.ZodRecord) return [own, ...listFields(inner.valueType, join("<name>"))];
  if (inner instanceof z.ZodArray) return [own, ...listFields(inner.element, `${path}[]`)];
  return [own];
}
