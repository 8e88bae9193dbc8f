/** The values that a data type of the dictionary allows. */
import { type DataType, dictionary } from "./schema-files.ts";

/** How the types that are made of no other look in JSON. The dictionary says it in prose. */
const primitives: Readonly<Record<string, (value: unknown) => boolean>> = {
  boolean_t: (value) => typeof value === "boolean",
  float_t: (value) => typeof value === "number",
  integer_t: Number.isSafeInteger,
  json_t: (value) => value !== undefined,
  long_t: Number.isSafeInteger,
  string_t: (value) => typeof value === "string",
};

function keepsTo({ regex, max_len, range, values }: DataType, value: unknown): boolean {
  if (regex !== undefined && !new RegExp(regex).test(String(value))) return false;
  if (max_len !== undefined && String(value).length > max_len) return false;
  if (range !== undefined && (Number(value) < range[0] || Number(value) > range[1])) return false;
  return values === undefined || values.includes(value);
}

/** True when the dictionary has a data type of that name; else it is an object's. */
export function isDataType(name: string): boolean {
  return Object.hasOwn(dictionary.types.attributes, name);
}

/** True when the value is one of the data type. Throws when there is no such type. */
export function isOfType(name: string, value: unknown): boolean {
  const type = dictionary.types.attributes[name];
  const isPrimitive = primitives[type?.type ?? name];
  if (type === undefined || isPrimitive === undefined) throw new Error(`OCSF has no data type "${name}".`);
  return isPrimitive(value) && keepsTo(type, value);
}
