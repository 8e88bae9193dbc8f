import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { forbidden, invalid } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { Store } from "../storage/store.ts";
import { change } from "./environment-call.ts";
import { parseBody } from "./request-body.ts";

/** Refuses an empty bulk call (400) and one with more than `max` items (403), as Permit documents it. */
export function checkBulkSize(items: readonly unknown[], max: number): void {
  if (items.length === 0) throw invalid("A bulk call needs at least one operation.");
  if (items.length > max) throw forbidden(`A bulk call may have at most ${max} operations. Send several calls.`);
}

/** The items of a bulk call. Throws 422, and as `checkBulkSize`. */
export type ReadItems<T> = (request: FastifyRequest) => readonly T[];

/** Reads what a bulk call makes or replaces. */
export function operationsOf<T>(item: z.ZodType<T>, max: number): ReadItems<T> {
  const schema = z.strictObject({ operations: z.array(item) });
  return (request) => {
    const { operations } = parseBody(schema, request.body);
    checkBulkSize(operations, max);
    return operations;
  };
}

const identsSchema = z.strictObject({ idents: z.array(z.string()) });

/** Reads what a bulk call removes: ids or keys, each once. */
export function identsOf(max: number): ReadItems<string> {
  return (request) => {
    const { idents } = parseBody(identsSchema, request.body);
    checkBulkSize(idents, max);
    return [...new Set(idents)];
  };
}

/** Does something with every item of a bulk call, or with none when one fails, and answers as Permit does: `{}`. */
export function changeEach<T>(
  store: Store,
  request: FastifyRequest,
  read: ReadItems<T>,
  each: (env: EnvironmentState, item: T) => void,
): Promise<object> {
  const items = read(request);
  return change(store, request, (env) => {
    for (const item of items) each(env, item);
    return {};
  });
}
