import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { apiDescription } from "./testing/api-description.ts";
import { send } from "./testing/raw-http.ts";

let local: LocalPermit;
beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
});
afterAll(() => local.close());

/** The paths of the table "Out of scope"; a `*` at the end of one stands for everything that begins so. */
function declared(): readonly string[] {
  const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
  const section = /\n## Out of scope\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";
  return [...section.matchAll(/^\| `(\/v2\/[^`]+)`/gm)].map(([, path = ""]) => path);
}

function isDeclared(path: string, rows: readonly string[]): boolean {
  return rows.some((row) => (row.endsWith("*") ? path.startsWith(row.slice(0, -1)) : path === row));
}

/** Asks for every operation, below projects that there are not, and returns those that nothing answers to. */
async function unanswered(): Promise<readonly string[]> {
  const operations = Object.entries(apiDescription.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => [method.toUpperCase(), path] as const),
  );
  const found: string[] = [];
  for (const [method, path] of operations) {
    const { status, body } = await send(local.url, local.orgKey, method, path.replace(/\{[^}]+\}/g, "none"));
    if (status === 404 && (body as { detail?: unknown }).detail === "Not Found") found.push(`${method} ${path}`);
  }
  return found;
}

test("what Permit's API has and this does not is what the README says, no less and no more", async () => {
  const rows = declared();
  expect(rows.length).toBeGreaterThan(0);
  const missing = await unanswered();
  const paths = [...new Set(missing.map((operation) => operation.replace(/^\w+ /, "")))];
  expect(missing.filter((operation) => !isDeclared(operation.replace(/^\w+ /, ""), rows))).toEqual([]);
  // A row that nothing is missing of, or whose path does answer, is not true any more.
  expect(rows.filter((row) => !paths.some((path) => isDeclared(path, [row])))).toEqual([]);
  const answered = Object.entries(apiDescription.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .map((method) => `${method.toUpperCase()} ${path}`)
      .filter((operation) => !missing.includes(operation) && isDeclared(path, rows)),
  );
  expect(answered).toEqual([]);
});
