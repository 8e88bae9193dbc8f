import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";

/** What an editor does: it takes the JSON Schema that a file's first line names, and checks the file against it. */
function findings(file: string, value: unknown): readonly string[] {
  const named = /^# yaml-language-server: \$schema=(\S+)$/m.exec(readFileSync(file, "utf8"))?.[1];
  if (named === undefined) return ["names no schema"];
  const schema: object = JSON.parse(readFileSync(join(dirname(file), named), "utf8"));
  const validate = new Ajv2020({ allErrors: true }).compile(schema);
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const demo = join(import.meta.dirname, "../hosts/demo");
const files = [
  ...readdirSync(demo, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yaml")),
  "../../invariants.yaml",
];

test.each(files)("an editor accepts %s by the schema that it names, and no field beside", (name) => {
  const file = join(demo, name);
  const value = parse(readFileSync(file, "utf8"));
  expect(findings(file, value)).toEqual([]);
  expect(findings(file, { ...value, nmae: "misspelt" }).length).toBeGreaterThan(0);
});

test("an editor accepts a server that builds on a shared file", () => {
  const file = join(demo, "servers/issues.yaml");
  expect(findings(file, { shared: "wiki", tools: { delete_page: { trust: "high", enabled: false } } })).toEqual([]);
  expect(findings(file, { shared: "wiki", tools: { delete_page: { trust: "hihg" } } }).length).toBeGreaterThan(0);
});
