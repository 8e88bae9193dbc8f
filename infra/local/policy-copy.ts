import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** Copies a policy folder below `parent`, so that a test can edit it. Returns the copy's path. */
export function copyPolicies(policyDir: string, parent: string): string {
  const copy = join(parent, basename(policyDir));
  cpSync(policyDir, copy, { recursive: true });
  return copy;
}

/** Replaces text in one file of a policy folder. Throws when the text is not there exactly once. */
export function editPolicy(policyDir: string, file: string, from: string, to: string): void {
  const path = join(policyDir, file);
  const parts = readFileSync(path, "utf8").split(from);
  if (parts.length !== 2) throw new Error(`${file} holds ${JSON.stringify(from)} ${parts.length - 1} times, not once.`);
  writeFileSync(path, parts.join(to));
}
