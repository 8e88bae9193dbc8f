import fc from "fast-check";
import { apiDescription, type Schema } from "./api-description.ts";

/** What texts name, so that what is made up is about something. */
export interface KnownNames {
  readonly names: readonly string[];
  /** Names by the property that has them; `names` for the others. */
  readonly byProperty: Readonly<Record<string, readonly string[]>>;
  /** UUIDs of objects. */
  readonly ids: readonly string[];
}

type Keywords = Exclude<Schema, boolean>;

/** Values for what the description says by a pattern or a format only; the first that fit are taken. */
const patterned: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^\^https/, ["https://keys.example.com/jwks", "https://keys.com"]],
  [/^\[a-z0-9-\]/, ["shop-1"]],
];
const emails = ["alice@example.com", "a.b+c@mail.example.org"];

/** Any text that can be stored: no NUL, no lone surrogate. */
const text = fc.string({ unit: "grapheme-composite", maxLength: 20 }).filter((each) => !each.includes("\0"));

function resolve(schema: Schema): Keywords {
  if (typeof schema === "boolean") return {};
  if (typeof schema.$ref !== "string") return schema;
  return resolve(apiDescription.components.schemas[schema.$ref.slice("#/components/schemas/".length)] ?? {});
}

function anyJson(): fc.Arbitrary<unknown> {
  return fc.jsonValue({ maxDepth: 2 }).filter((value) => {
    const written = JSON.stringify(value);
    return !written.includes("\\u0000") && !/\\ud[89a-f]/i.test(written);
  });
}

function stringArbitrary(schema: Keywords, { names, ids }: KnownNames): fc.Arbitrary<string> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as string[]));
  if (schema.format === "uuid") return fc.constantFrom(...ids);
  if (schema.format === "email") return fc.constantFrom(...emails);
  const { pattern } = schema;
  if (typeof pattern !== "string") return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, text);
  const [, values] = patterned.find(([start]) => start.test(pattern)) ?? [null, names];
  const fitting = values.filter((value) => new RegExp(pattern).test(value));
  return fc.constantFrom(...(fitting.length > 0 ? fitting : ["fresh-1"]));
}

/**
 * Values that a schema of the API description allows. Texts are mostly known names. Keys of maps are names too: the
 * description has no pattern for them, Permit's SDKs have.
 */
export function describedValues(schema: Schema, known: KnownNames): fc.Arbitrary<unknown> {
  const inner = (each: unknown) => describedValues(each as Schema, known);
  const keywords = resolve(schema);
  const { type, items, properties, required, additionalProperties } = keywords;
  if (Array.isArray(keywords.anyOf)) return fc.oneof(...keywords.anyOf.map(inner));
  if (Array.isArray(keywords.allOf)) return inner(keywords.allOf[0]);
  if (Array.isArray(keywords.enum)) return fc.constantFrom(...(keywords.enum as unknown[]));
  switch (type) {
    case "string":
      return stringArbitrary(keywords, known);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: 0, max: 1_000 });
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "array":
      return fc.array(inner(items ?? true), { maxLength: 3 });
    case "object": {
      if (properties !== undefined) {
        const model = Object.entries(properties as Record<string, Schema>).map(([key, each]) => {
          const names = Object.hasOwn(known.byProperty, key) ? (known.byProperty[key] ?? []) : known.names;
          return [key, describedValues(each, { ...known, names })];
        });
        return fc.record(Object.fromEntries(model) as Record<string, fc.Arbitrary<unknown>>, {
          requiredKeys: (required ?? []) as string[],
          noNullPrototype: true,
        });
      }
      const slugs = known.names.filter((name) => /^[\w-]+$/.test(name));
      const values = typeof additionalProperties === "object" ? inner(additionalProperties) : anyJson();
      return fc.dictionary(fc.constantFrom(...slugs), values, { maxKeys: 3, noNullPrototype: true });
    }
    default:
      return anyJson();
  }
}
