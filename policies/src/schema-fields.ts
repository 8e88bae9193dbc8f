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
  if (inner instanceof z.ZodDiscriminatedUnion) {
    for (const option of inner.options) {
      const found = below(option, key);
      if (found !== undefined) return found;
    }
  }
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
  return current === undefined ? [] : Object.keys(fieldsOf(unwrap(current)));
}

/** The fields of an object; of all its forms together, when the format has several. */
function fieldsOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return {};
  return Object.assign({}, ...schema.options.map(fieldsOf));
}

/** One field of a format, as its documentation says it. */
export interface FieldDoc {
  /** `<name>` stands for a free name, `[]` for an item of a list. Empty for the file itself. */
  readonly path: string;
  readonly description: string;
  /** What holds when the field is left out: `required`, `optional`, or the default as JSON (of an object `optional`). */
  readonly without: string;
}

function withoutField(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodOptional) return "optional";
  if (!(schema instanceof z.ZodDefault)) return "required";
  // The fields below say what holds then.
  return z.object().safeParse(schema.def.defaultValue).success ? "optional" : JSON.stringify(schema.def.defaultValue);
}

/** Every field of a format, in the order of the schema. */
export function listFields(schema: z.core.$ZodType, path = ""): readonly FieldDoc[] {
  const inner = unwrap(schema);
  const description = z.globalRegistry.get(schema)?.description ?? "";
  const own: FieldDoc = { path, description, without: withoutField(schema) };
  const join = (key: string) => (path === "" ? key : `${path}.${key}`);
  const fields = Object.entries(fieldsOf(inner));
  if (fields.length > 0) return [own, ...fields.flatMap(([key, field]) => listFields(field, join(key)))];
  if (inner instanceof z.ZodRecord) return [own, ...listFields(inner.valueType, join("<name>"))];
  if (inner instanceof z.ZodArray) return [own, ...listFields(inner.element, `${path}[]`)];
  return [own];
}
