/** What is made of the schemas and written into files: the JSON Schemas for editors, and the tables of the README. */
import { z } from "zod";
import { diagnosticCodes, severityOf, warningCodes } from "./diagnostic-codes.ts";
import { grantsFileSchema } from "./schema/grants-file.ts";
import { hostFileSchema } from "./schema/host-file.ts";
import { invariantsFileSchema } from "./schema/invariants-file.ts";
import { serverFileSchema, sharedServerFileSchema } from "./schema/server-file.ts";
import { testFileSchema } from "./schema/test-file.ts";
import { listFields } from "./schema-fields.ts";

/** The formats by the heading of their table in `policies/README.md`. */
const tables: Readonly<Record<string, z.ZodType>> = {
  "### `host.yaml`": hostFileSchema,
  "### `grants.yaml`": grantsFileSchema,
  "### `servers/<server>.yaml`": serverFileSchema,
  "### `tests/<what>.test.yaml`": testFileSchema,
  "### `invariants.yaml`": invariantsFileSchema,
};

/** JSON Schema files below `policies/schemas`, by the name that the first line of a policy file refers to. */
const jsonSchemas: Readonly<Record<string, z.ZodType>> = {
  "host.schema.json": hostFileSchema,
  "grants.schema.json": grantsFileSchema,
  "server.schema.json": z.union([serverFileSchema, sharedServerFileSchema]),
  "test.schema.json": testFileSchema,
  "invariants.schema.json": invariantsFileSchema,
};

/** File name -> text of each JSON Schema (draft 2020-12). */
export function jsonSchemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(jsonSchemas).map(([name, schema]) => {
      return [name, `${JSON.stringify(z.toJSONSchema(schema, { io: "input" }), null, 2)}\n`];
    }),
  );
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const print = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  const [head = [], ...body] = rows;
  return [print(head), print(widths.map((width) => "-".repeat(width))), ...body.map(print)].join("");
}

function fieldRows(schema: z.ZodType): readonly (readonly string[])[] {
  const [, ...fields] = listFields(schema);
  return [
    ["field", "left out", "meaning"],
    ...fields.map(({ path, description, without }) => {
      return [`\`${path}\``, /^(required|optional)$/.test(without) ? without : `\`${without}\``, description];
    }),
  ];
}

/** The README with the first table below each heading made anew. Throws when a heading or its table is gone. */
export function readmeWithTables(readme: string): string {
  const codes = Object.entries({ ...diagnosticCodes, ...warningCodes }).map(([code, meaning]) => {
    return [`\`${code}\``, severityOf(code as keyof typeof diagnosticCodes), meaning];
  });
  const all = [
    ...Object.entries(tables).map(([heading, schema]) => [heading, fieldRows(schema)] as const),
    ["## Findings", [["code", "weighs", "meaning"], ...codes]] as const,
  ];
  return all.reduce((text, [heading, rows]) => {
    const [before, below] = text.split(`\n${heading}\n`);
    const table = /^\|(.|\n\|)*\n/m.exec(below ?? "");
    if (below === undefined || table === null) throw new Error(`README.md has no table below "${heading}".`);
    const made = below.slice(0, table.index) + markdownTable(rows) + below.slice(table.index + table[0].length);
    return `${before}\n${heading}\n${made}`;
  }, readme);
}
