/** `gateway/README.md` says what the code says. */
import { readFileSync } from "node:fs";
import { features } from "@permit-mcp-gateway/policies";
import { expect, test } from "vitest";
import { environmentSchema } from "../src/config.ts";
import { errorCatalogue } from "../src/errors.ts";
import { supportedFeatures } from "../src/features.ts";
import { entrySteps, messageSteps } from "../src/mcp/pipeline.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const cells = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of the table with these column titles, as cells. */
function rows(...titles: string[]): string[][] {
  const lines = readme.split("\n");
  const head = lines.findIndex((line) => cells(line).join() === titles.join());
  const body = lines.slice(head + 2);
  return head === -1 ? [] : body.slice(0, body.indexOf("")).map(cells);
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

/** What a variable would have to hold for this value: of a list of places their names, of other lists JSON. */
function listText(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? "[]" : value.map(({ name }: { name: string }) => name).join(" ");
}

test("the environment table lists the variables and their defaults", () => {
  const listed = rows("variable", "default", "meaning").map(([name, value]) => [name, value]);
  const known = Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const parsed = schema.safeParse(undefined);
    const value = parsed.success ? parsed.data : "required";
    const text = value === undefined ? "none" : listText(value);
    return [`\`${name}\``, ["required", "none"].includes(text) ? text : `\`${text}\``];
  });
  expect(listed.toSorted()).toEqual(known.toSorted());
});

test("every feature that a policy can require is one that the gateway has, or is listed as refused", () => {
  const refused = rows("feature", "needed by", "what is refused").map(([name]) => name?.replaceAll("`", ""));
  expect([...refused, ...supportedFeatures].toSorted()).toEqual(features.toSorted());
});

test("the table of steps has the pipeline's steps in its order", () => {
  const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  expect(rows("step", "rule").map(([step]) => step?.match(/^\[(.+)\]/)?.[1])).toEqual(
    [...entrySteps.names, ...messageSteps.names].map(kebab),
  );
});

test("the attacks of the table are tests", () => {
  const named = rows("attack", "what comes of it", "tested in").map(([, , cell = ""]) =>
    /^\[.+\]\((.+)\): (.+)$/.exec(cell),
  );
  expect(named.length).toBeGreaterThan(10);
  const missing = named.filter((match) => {
    const [, path = "", title = ""] = match ?? [];
    const text = readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
    return !text.includes(title);
  });
  expect(missing).toEqual([]);
});
