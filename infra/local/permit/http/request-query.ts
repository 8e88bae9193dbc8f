import { z } from "zod";
import { parseRequest } from "./request-body.ts";

const flag = z.enum(["true", "false", "True", "False", "1", "0"]).transform((text) => /^(true|1)$/i.test(text));
const integer = (max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(1).max(max));

const many = z.union([z.string().transform((text) => [text]), z.array(z.string())]).optional();

/** A page of a list: both 1-based and limited. */
export interface Page {
  readonly page: number;
  readonly perPage: number;
}

const pageSchema = (perPageMax: number) =>
  z.object({
    page: integer(1_000_000_000).default(1),
    per_page: integer(perPageMax).default(30),
  });

/** `page` and `per_page` of a query. Throws RequestInvalidError (422). */
export function parsePage(query: unknown, perPageMax = 100): Page {
  const { page, per_page } = parseRequest(pageSchema(perPageMax), query, "query");
  return { page, perPage: per_page };
}

/** A boolean of a query; false when absent. Throws RequestInvalidError (422). */
export function parseFlag(query: unknown, name: string): boolean {
  const values = parseRequest(z.object({ [name]: flag.optional() }), query, "query");
  return values[name] ?? false;
}

/** A value that may be given once, several times or not at all; null when absent. Throws RequestInvalidError (422). */
export function parseMany(query: unknown, name: string): readonly string[] | null {
  const values = parseRequest(z.object({ [name]: many }), query, "query");
  return values[name] ?? null;
}

/** A text that may be given once; null when absent. Throws RequestInvalidError (422). */
export function parseText(query: unknown, name: string): string | null {
  const values = parseRequest(z.object({ [name]: z.string().optional() }), query, "query");
  return values[name] ?? null;
}

/** One page of `rows`. Past the end it is empty, never an error. */
export function slice<T>(rows: readonly T[], { page, perPage }: Page): readonly T[] {
  return rows.slice((page - 1) * perPage, page * perPage);
}

/** The answer of a list that carries its total. */
export interface PaginatedResult<T> {
  readonly data: readonly T[];
  readonly total_count: number;
  readonly page_count: number;
}

/** One page of `rows`, written by `read`, with the total. */
export function paginated<R, T>(rows: readonly R[], page: Page, read: (row: R) => T): PaginatedResult<T> {
  return {
    data: slice(rows, page).map(read),
    total_count: rows.length,
    page_count: Math.ceil(rows.length / page.perPage),
  };
}

/** The rows whose key or name contains the query's `search`, whatever the case; all without it. */
export function searchNamed<R extends { readonly key: string; readonly name: string }>(
  rows: readonly R[],
  query: unknown,
): readonly R[] {
  const search = parseText(query, "search")?.toLowerCase() ?? "";
  return rows.filter(({ key, name }) => key.toLowerCase().includes(search) || name.toLowerCase().includes(search));
}
