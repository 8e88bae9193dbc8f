import type { z } from "zod";
import { RequestInvalidError, type ValidationProblem } from "../state/api-error.ts";

const typeErrors: Readonly<Record<string, readonly [msg: string, type: string]>> = {
  string: ["str type expected", "type_error.str"],
  boolean: ["value could not be parsed to a boolean", "type_error.bool"],
  number: ["value is not a valid number", "type_error.number"],
  int: ["value is not a valid integer", "type_error.integer"],
  array: ["value is not a valid list", "type_error.list"],
  object: ["value is not a valid dict", "type_error.dict"],
  record: ["value is not a valid dict", "type_error.dict"],
};

/** One problem of zod in the words of pydantic 1, which is what Permit answers with. */
function problemsOf(issue: z.core.$ZodIssue, place: "body" | "path" | "query"): readonly ValidationProblem[] {
  const loc = [place, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        loc: [...loc, key],
        msg: "extra fields not permitted",
        type: "value_error.extra",
      }));
    case "invalid_type": {
      if (issue.input === undefined) return [{ loc, msg: "field required", type: "value_error.missing" }];
      const [msg, type] = typeErrors[issue.expected] ?? ["value is not valid", "type_error"];
      return [{ loc, msg, type }];
    }
    case "invalid_format": {
      if (issue.format === "email")
        return [{ loc, msg: "value is not a valid email address", type: "value_error.email" }];
      const pattern = (issue.pattern ?? "").replace(/^\/|\/[a-z]*$/g, "");
      return [{ loc, msg: `string does not match regex "${pattern}"`, type: "value_error.str.regex" }];
    }
    case "invalid_key":
      return issue.issues.flatMap((inner) => problemsOf({ ...inner, path: issue.path }, place));
    case "too_big":
      return [{ loc, msg: `ensure this value is at most ${issue.maximum}`, type: "value_error.not_le" }];
    case "too_small":
      return [{ loc, msg: `ensure this value is at least ${issue.minimum}`, type: "value_error.not_ge" }];
    case "invalid_value": {
      const permitted = issue.values.map((value) => `'${String(value)}'`).join(", ");
      return [
        {
          loc,
          msg: `value is not a valid enumeration member; permitted: ${permitted}`,
          type: "type_error.enum",
        },
      ];
    }
    case "custom":
    case "invalid_element":
    case "invalid_union":
    case "not_multiple_of":
      return [{ loc, msg: issue.message, type: "value_error" }];
  }
}

/** Checks `value` and returns it typed. Throws RequestInvalidError (422) with every problem. */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown, place: "body" | "path" | "query"): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new RequestInvalidError(result.error.issues.flatMap((issue) => problemsOf(issue, place)));
}

/** Checks a request body; an absent body is a missing one. Throws RequestInvalidError (422). */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  return parseRequest(schema, body ?? undefined, "body");
}

const nestingMax = 32;

/** Where in a value something is wrong, innermost part of the path last. */
interface Unstorable {
  readonly path: (string | number)[];
  readonly msg: string;
}

/**
 * Refuses JSON that is valid and can't be stored or walked: NUL and lone surrogates (PostgreSQL's jsonb has neither),
 * numbers beyond a double, nesting that would exhaust the stack; and the name `__proto__`, which a program that copies
 * carelessly would take for more than a name. Throws RequestInvalidError (422).
 */
export function checkStorable(value: unknown): void {
  const found = unstorable(value, 1);
  if (found === undefined) return;
  throw new RequestInvalidError([{ loc: ["body", ...found.path], msg: found.msg, type: "value_error" }]);
}

/** The path is made on the way back only: nearly all values are in order, and every question is looked at. */
function unstorable(value: unknown, level: number): Unstorable | undefined {
  const problem = problemOf(value, level);
  if (problem !== undefined) return { path: [], msg: problem };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = unstorable(item, level + 1);
      if (found === undefined) continue;
      found.path.unshift(index);
      return found;
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const wrongName =
        problemOf(key, level) ?? (key === "__proto__" ? "the name __proto__ is not allowed" : undefined);
      if (wrongName !== undefined) return { path: [], msg: wrongName };
      const found = unstorable(item, level + 1);
      if (found === undefined) continue;
      found.path.unshift(key);
      return found;
    }
  }
  return undefined;
}

function problemOf(value: unknown, level: number): string | undefined {
  if (level > nestingMax) return `ensure the nesting is at most ${nestingMax} levels`;
  if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed())) {
    return "string contains a NUL character or a lone surrogate";
  }
  if (typeof value === "number" && !Number.isFinite(value)) return "number is too large";
  return undefined;
}
