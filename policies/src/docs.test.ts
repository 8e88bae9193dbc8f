import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jsonSchemaFiles, readmeWithTables } from "./generated.ts";
import { rules } from "./rules/index.ts";
import { grantsFileSchema } from "./schema/grants-file.ts";
import { hostFileSchema } from "./schema/host-file.ts";
import { invariantsFileSchema } from "./schema/invariants-file.ts";
import { serverFileSchema, sharedServerFileSchema } from "./schema/server-file.ts";
import { testFileSchema } from "./schema/test-file.ts";
import { listFields } from "./schema-fields.ts";

const policies = join(import.meta.dirname, "..");
const text = (path: string) => readFileSync(join(policies, path), "utf8");

test("the README's tables have each field and each code as the schemas say them (`npm run generate`)", () => {
  expect(text("README.md")).toBe(readmeWithTables(text("README.md")));
});

test("the JSON Schemas are those of the schemas (`npm run generate`)", () => {
  const files = jsonSchemaFiles();
  expect(readdirSync(join(policies, "schemas")).toSorted()).toEqual([...files.keys()].toSorted());
  for (const [name, schema] of files) expect(text(`schemas/${name}`)).toBe(schema);
});

test("every field is described", () => {
  const schemas = [hostFileSchema, grantsFileSchema, serverFileSchema, sharedServerFileSchema, testFileSchema];
  for (const schema of [...schemas, invariantsFileSchema]) {
    expect(listFields(schema).filter(({ description }) => description === "")).toEqual([]);
  }
});

test("each rule is a file of its name, is run, and is run once", () => {
  const files = readdirSync(join(import.meta.dirname, "rules"))
    .filter((name) => name !== "index.ts" && name !== "rule.ts")
    .map((name) => name.replace(/\.ts$/, ""));
  expect(rules.map(({ id }) => id).toSorted()).toEqual(files.toSorted());
});
