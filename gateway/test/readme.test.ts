/** `gateway/README.md` says what the code says. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { environmentSchema } from "../src/config.ts";
import { errorCatalogue } from "../src/errors.ts";
import { messageSteps } from "../src/mcp/pipeline.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
/** The rows of the table with these column titles, as cells. */
function rows(...titles: string[]): string[][] {
  const [, table = ""] = readme.split(`| ${titles.join(" | ")} |\n`);
  const lines = table.split("\n").slice(1);
  return lines.slice(0, lines.indexOf("")).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test("the error table lists the catalogue: codes, statuses, JSON-RPC codes", () => {
  const listed = rows("code", "status", "JSON-RPC", "what to do").map(([code, status, rpc]) => [code, status, rpc]);
  const known = Object.entries(errorCatalogue).map(([code, entry]) => [
    `\`${code}\``,
    `${entry.status}`,
    `${entry.rpc}`,
  ]);
  expect(listed.toSorted()).toEqual(known.toSorted());
});

test("the environment table lists the variables and their defaults", () => {
  const listed = rows("variable", "default", "meaning").map(([name, value]) => [name, value]);
  const known = Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const parsed = schema.safeParse(undefined);
    const value = parsed.success ? parsed.data : "required";
    const text = value === undefined ? "none" : Array.isArray(value) ? "[]" : String(value);
    return [`\`${name}\``, ["required", "none"].includes(text) ? text : `\`${text}\``];
  });
  expect(listed.toSorted()).toEqual(known.toSorted());
});

test("the table of steps has the pipeline's steps in its order", () => {
  const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  expect(rows("step", "rule").map(([step]) => step?.match(/^\[(.+)\]/)?.[1])).toEqual(messageSteps.names.map(kebab));
});

test("links lead somewhere", () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link ?? "");
  expect(links.length).toBeGreaterThan(20);
  for (const link of links) expect([link, existsSync(new URL(`../${link}`, import.meta.url))]).toEqual([link, true]);
});
