import type { z } from "zod";
import type { Diagnostic } from "./diagnostic.ts";
import { didYouMean, listed } from "./did-you-mean.ts";
import { describeField, fieldNames } from "./schema-fields.ts";
import type { YamlPath, YamlSource } from "./yaml-source.ts";

/** A file that has the form its schema asks for. */
export interface ShapedFile<T> {
  readonly source: YamlSource;
  readonly value: T;
}

const asPath = (path: YamlPath) => path.map(String).join(".");

function has(value: unknown, path: YamlPath): boolean {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return false;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return true;
}

function fieldFindings(schema: z.ZodType, source: YamlSource, value: unknown, issue: z.core.$ZodIssue): Diagnostic[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    const known = fieldNames(schema, path);
    return issue.keys.map((key) => ({
      code: "field-unknown",
      ...source.positionOfKey([...path, key]),
      message: `There is no field ${JSON.stringify(key)} here.`,
      hint: didYouMean(key, known, `the fields are ${listed(known)}`),
    }));
  }
  const description = describeField(schema, path);
  if (!has(value, path)) {
    const message = `The field ${JSON.stringify(asPath(path))} is missing.`;
    return [{ code: "field-missing", ...source.positionOf(path.slice(0, -1)), message, hint: description }];
  }
  const hint =
    issue.code === "invalid_value" && typeof issue.input === "string"
      ? didYouMean(issue.input, issue.values.map(String), description)
      : description;
  const where = path.length === 0 ? "The file" : JSON.stringify(asPath(path));
  return [{ code: "field-invalid", ...source.positionOf(path), message: `${where}: ${issue.message}.`, hint }];
}

/** Takes out what an issue is about: the unknown key, or the innermost entry of a list or mapping that it spoils. */
function prune(source: YamlSource, schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): void {
  const paths = issues.flatMap((issue): YamlPath[] => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...issue.path, key]);
    let end = issue.path.length;
    // A declared field may be required, so removing it alone would help nothing; an entry with a free name may go.
    while (end > 0 && fieldNames(schema, issue.path.slice(0, end - 1)).length > 0) end--;
    return end === 0 ? [] : [issue.path.slice(0, end)];
  });
  source.removeAll(paths);
}

/**
 * Checks a file against its schema. Also of a file with findings the rest is given back where it can stand alone, so
 * that the rules find what is wrong there in the same run; a host with any finding is refused in the end.
 */
export function shape<T>(
  schema: z.ZodType<T>,
  source: YamlSource,
): { readonly shaped: ShapedFile<T> | undefined; readonly findings: readonly Diagnostic[] } {
  const value = source.value();
  const first = schema.safeParse(value, { reportInput: true });
  if (first.success) return { shaped: { source, value: first.data }, findings: [] };
  const findings = first.error.issues.flatMap((issue) => fieldFindings(schema, source, value, issue));
  prune(source, schema, first.error.issues);
  const second = schema.safeParse(source.value());
  return { shaped: second.success ? { source, value: second.data } : undefined, findings };
}
