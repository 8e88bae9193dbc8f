import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { apiDescription } from "./testing/api-description.ts";
import { isOutOfScope, outOfScopeRows } from "./testing/out-of-scope.ts";
import { send } from "./testing/raw-http.ts";

let local: LocalPermit;
beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
});
afterAll(() => local.close());

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
  const rows = outOfScopeRows();
  expect(rows.length).toBeGreaterThan(0);
  const missing = await unanswered();
  const paths = [...new Set(missing.map((operation) => operation.replace(/^\w+ /, "")))];
  expect(missing.filter((operation) => !isOutOfScope(operation.replace(/^\w+ /, ""), rows))).toEqual([]);
  // A row that nothing is missing of, or whose path does answer, is not true any more.
  expect(rows.filter((row) => !paths.some((path) => isOutOfScope(path, [row])))).toEqual([]);
  const answered = Object.entries(apiDescription.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .map((method) => `${method.toUpperCase()} ${path}`)
      .filter((operation) => !missing.includes(operation) && isOutOfScope(path, rows)),
  );
  expect(answered).toEqual([]);
});
