import { z } from "zod";
import { attributesSchema, keySchema } from "../state/keys.ts";
import { accessLevels, type EnvironmentRow } from "../state/organization.ts";
import type { Store } from "../storage/store.ts";
import { type EnvironmentRows, fieldsOf, rowsSchema } from "./row-schemas.ts";

const text = z.string().nullable();

/** An environment as one JSON object. Another version is refused: half understood, it would give or take rights. */
export const environmentFileSchema = z.strictObject({
  format: z.literal("local-permit-environment"),
  version: z.literal(1),
  environment: z.strictObject({
    key: keySchema,
    name: z.string(),
    description: text,
    custom_branch_name: text,
    settings: attributesSchema.nullable(),
    jwks: attributesSchema.nullable(),
  }),
  /** API keys with their secrets; absent unless asked for. */
  keys: z
    .array(
      z.strictObject({
        secret: z.string().regex(/^\S{16,}$/),
        name: text,
        access_level: z.enum(accessLevels),
        owner_type: z.enum(["pdp_config", "member", "elements"]),
      }),
    )
    .optional(),
  rows: rowsSchema,
});

export type EnvironmentFile = z.infer<typeof environmentFileSchema>;

/**
 * The text of an environment's file in pieces, one row a line: kinds in a fixed order, rows in order of creation, so that
 * two exports of one state are the same text and two states differ in the lines that differ.
 */
export function* exportEnvironment(store: Store, row: EnvironmentRow, withKeys: boolean): Generator<string> {
  const { key, name, description, custom_branch_name, settings, jwks } = row;
  yield '{\n"format": "local-permit-environment",\n"version": 1,\n';
  yield `"environment": ${JSON.stringify({ key, name, description, custom_branch_name, settings, jwks })},\n`;
  if (withKeys) {
    const keys = store.organization.apiKeys.by("environment", row.id);
    const parts = keys.map(({ secret, name, access_level, owner_type }) => ({
      secret,
      name,
      access_level,
      owner_type,
    }));
    yield `"keys": ${list(parts)},\n`;
  }
  yield '"rows": {\n';
  // The other way round than for deleting: what others refer to comes first.
  const tables = (store.environment(row.id)?.tables() ?? []).toReversed();
  for (const [index, table] of tables.entries()) {
    const fields = fieldsOf(table.kind as keyof EnvironmentRows);
    const rows = [...table].map((each) => inOrder(each, fields));
    yield `"${table.kind}": ${list(rows)}${index < tables.length - 1 ? "," : ""}\n`;
  }
  yield "}\n}\n";
}

function list(items: readonly object[]): string {
  if (items.length === 0) return "[]";
  return `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]`;
}

function inOrder(row: object, fields: readonly string[]): object {
  const values = new Map(Object.entries(row));
  return Object.fromEntries(fields.map((field) => [field, values.get(field)]));
}
