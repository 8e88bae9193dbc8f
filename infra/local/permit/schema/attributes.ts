import { z } from "zod";
import { duplicate, notFound } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import { keySchema, textSchema } from "../state/keys.ts";
import { type AttributeBlock, attributeTypes, type ResourceRow } from "../state/rows.ts";
import { given, newStamp } from "../state/stamp.ts";

/** An attribute inside a resource type's `attributes` map. */
export const attributeBlockSchema = z.strictObject({ type: z.enum(attributeTypes), description: textSchema });
export const attributeCreateSchema = attributeBlockSchema.extend({ key: keySchema });
export const attributeUpdateSchema = z.strictObject({
  type: z.enum(attributeTypes).optional(),
  description: textSchema,
});

type BlockInput = z.infer<typeof attributeBlockSchema>;

/** Finds an attribute of a type by id or key. Throws 404. */
export function findAttribute(resource: ResourceRow, idOrKey: string): AttributeBlock {
  const { attributes } = resource;
  const attribute = attributes.find(({ id }) => id === idOrKey) ?? attributes.find(({ key }) => key === idOrKey);
  if (attribute === undefined) throw notFound("Attribute", idOrKey);
  return attribute;
}

function newAttribute(env: EnvironmentState, key: string, { type, description }: BlockInput): AttributeBlock {
  return { ...newStamp(env), key, type, description: description ?? null };
}

function store(env: EnvironmentState, resource: ResourceRow, attributes: readonly AttributeBlock[]): void {
  env.resources.put({ ...resource, attributes, updated_at: env.effects.now() });
}

/** Declares an attribute. Throws 409 for a known key. */
export function createAttribute(
  env: EnvironmentState,
  resource: ResourceRow,
  { key, ...block }: z.infer<typeof attributeCreateSchema>,
): AttributeBlock {
  if (resource.attributes.some((known) => known.key === key)) throw duplicate("Attribute", key);
  const attribute = newAttribute(env, key, block);
  store(env, resource, [...resource.attributes, attribute]);
  return attribute;
}

/** Overwrites the fields that are given. What instances have already is not looked at. */
export function updateAttribute(
  env: EnvironmentState,
  resource: ResourceRow,
  attribute: AttributeBlock,
  change: z.infer<typeof attributeUpdateSchema>,
): AttributeBlock {
  const updated: AttributeBlock = {
    ...attribute,
    ...given({ type: change.type, description: change.description }),
    updated_at: env.effects.now(),
  };
  store(
    env,
    resource,
    resource.attributes.map((each) => (each.id === attribute.id ? updated : each)),
  );
  return updated;
}

/** Takes back the declaration; the values stay with the instances. */
export function deleteAttribute(env: EnvironmentState, resource: ResourceRow, attribute: AttributeBlock): void {
  store(
    env,
    resource,
    resource.attributes.filter(({ id }) => id !== attribute.id),
  );
}

/** What a type declares when `blocks` are all of its attributes. Those that stay keep their ids. */
export function attributesOf(
  env: EnvironmentState,
  resource: ResourceRow,
  blocks: Readonly<Record<string, BlockInput>>,
): readonly AttributeBlock[] {
  return Object.entries(blocks).map(([key, { type, description }]) => {
    const known = resource.attributes.find((each) => each.key === key);
    if (known === undefined) return newAttribute(env, key, { type, description });
    return { ...known, type, description: description ?? null, updated_at: env.effects.now() };
  });
}

/** `ResourceAttributeRead` of the API description. */
export function readAttribute(env: EnvironmentState, resource: ResourceRow, attribute: AttributeBlock): object {
  return {
    ...attribute,
    ...env.scope,
    resource_id: resource.id,
    resource_key: resource.key,
    // Permit's own attributes of users are not written down anywhere; there are none here.
    built_in: false,
  };
}
