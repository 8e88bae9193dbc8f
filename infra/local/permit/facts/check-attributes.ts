import { invalid } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { Attributes, AttributeType } from "../state/rows.ts";

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const fits: Readonly<Record<AttributeType, (value: unknown) => boolean>> = {
  bool: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number",
  string: (value) => typeof value === "string",
  // A timestamp: text that names a time, or seconds since 1970.
  time: (value) => typeof value === "number" || (typeof value === "string" && !Number.isNaN(Date.parse(value))),
  array: (value) => Array.isArray(value),
  json: () => true,
  object: isObject,
  object_array: (value) => Array.isArray(value) && value.every(isObject),
};

/**
 * Throws 400 MISMATCH_ATTRIBUTES_TYPES when an attribute that the type declares has a value of another type. Null is
 * unset, and attributes that the type does not declare are whatever they are, as in Permit.
 */
export function checkAttributes(env: EnvironmentState, resource: string, attributes: Attributes): void {
  for (const { key, type } of env.resources.byKey(resource)?.attributes ?? []) {
    const value = Object.hasOwn(attributes, key) ? attributes[key] : null;
    if (value === null || fits[type](value)) continue;
    throw invalid(`Attribute '${key}' of '${resource}' must be of type '${type}'.`, "MISMATCH_ATTRIBUTES_TYPES");
  }
}
