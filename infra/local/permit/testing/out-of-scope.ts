import { readFileSync } from "node:fs";

/** The paths of the README's table "Out of scope"; a `*` at the end of one stands for everything that begins so. */
export function outOfScopeRows(): readonly string[] {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const section = /\n## Out of scope\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";
  return [...section.matchAll(/^\| `(\/v2\/[^`]+)`/gm)].map(([, path = ""]) => path);
}

/** Whether one of the rows is about the path. */
export function isOutOfScope(path: string, rows: readonly string[]): boolean {
  return rows.some((row) => (row.endsWith("*") ? path.startsWith(row.slice(0, -1)) : path === row));
}
