import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { diagnosticCodes } from "./diagnostic-codes.ts";
import { rules } from "./rules/index.ts";
import { grantsFileSchema, hostFileSchema, serverFileSchema } from "./schema.ts";
import { listFields } from "./schema-fields.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

/** The rows of the first table below a heading, without its head, cells trimmed. */
function tableBelow(heading: string): readonly (readonly string[])[] {
  const [, below = ""] = readme.split(`\n${heading}\n`);
  const lines = below.split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  const length = lines.slice(start).findIndex((line) => !line.startsWith("|"));
  return lines.slice(start + 2, start + length).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("the README", () => {
  test.each([
    ["### `host.yaml`", hostFileSchema],
    ["### `grants.yaml`", grantsFileSchema],
    ["### `servers/<server>.yaml`", serverFileSchema],
  ])("%s has each field of the schema, as the schema describes it, and no other", (heading, schema) => {
    const [, ...fields] = listFields(schema);
    expect(tableBelow(heading)).toEqual(
      fields.map(({ path, description, without }) => [
        `\`${path}\``,
        /^(required|optional)$/.test(without) ? without : `\`${without}\``,
        description,
      ]),
    );
    expect(fields.filter(({ description }) => description === "")).toEqual([]);
  });

  test("has each code, with what it means, and no other", () => {
    expect(tableBelow("## Findings")).toEqual(
      Object.entries(diagnosticCodes).map(([code, meaning]) => [`\`${code}\``, meaning]),
    );
  });
});

test("each rule is a file of its name, is run, and is run once", () => {
  const files = readdirSync(join(import.meta.dirname, "rules"))
    .filter((name) => name !== "index.ts" && name !== "rule.ts")
    .map((name) => name.replace(/\.ts$/, ""));
  expect(rules.map(({ id }) => id).toSorted()).toEqual(files.toSorted());
});
