import type { Diagnostic } from "./diagnostic.ts";
import { type LockFile, lockFileSchema, lockText, toolDigest } from "./lock.ts";
import { readPolicyFile } from "./policy-file.ts";

const hint = "run `npm run policy -- import` again, and review what it changes";

/** The line, 1-based, on which two texts differ first. */
function firstDifference(a: string, b: string): number {
  const others = b.split("\n");
  const index = a.split("\n").findIndex((line, at) => line !== others[at]);
  return index === -1 ? others.length : index + 1;
}

/**
 * Reads a lock file. It must be what `lockText` makes of it, letter by letter: a name given twice, another order or an
 * invisible character would show a reviewer something else than what is loaded. Never throws.
 */
export function readLock(file: string): { readonly lock: LockFile } | { readonly finding: Diagnostic } {
  const wrong = (line: number, message: string) => ({
    finding: { code: "lock-form", file, line, column: 1, message, hint } as const,
  });
  const content = readPolicyFile(file);
  if ("finding" in content) return content;
  let value: unknown;
  try {
    value = JSON.parse(content.text);
  } catch {
    return wrong(1, "The file is not JSON.");
  }
  const parsed = lockFileSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return wrong(1, `${JSON.stringify(issue?.path.join(".") ?? "")}: ${issue?.message ?? "not a lock file"}.`);
  }
  const text = lockText(parsed.data);
  if (text !== content.text) {
    return wrong(firstDifference(content.text, text), "The file is not as `import` writes it.");
  }
  for (const [name, definition] of Object.entries(parsed.data.tools)) {
    if (toolDigest(name, definition) === definition.digest) continue;
    const line = content.text.slice(0, content.text.indexOf(definition.digest)).split("\n").length;
    return wrong(line, `The digest of ${JSON.stringify(name)} is not that of its definition.`);
  }
  return { lock: parsed.data };
}
