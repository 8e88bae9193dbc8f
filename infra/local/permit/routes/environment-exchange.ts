import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { environmentFileSchema, exportEnvironment } from "../exchange/environment-file.ts";
import { type ImportMode, importEnvironment } from "../exchange/import-environment.ts";
import { findRepeatedName, type JsonPath } from "../exchange/json-text.ts";
import { authenticate, findEnvironment, findProject, requireAccess, requireProject } from "../http/access.ts";
import { pathParam } from "../http/environment-call.ts";
import { checkStorable, parseBody } from "../http/request-body.ts";
import { parseFlag } from "../http/request-query.ts";
import { readEnvironment } from "../organization/environments.ts";
import { invalid, RequestInvalidError } from "../state/api-error.ts";
import { keySchema } from "../state/keys.ts";
import type { Store } from "../storage/store.ts";

/** Room for some hundred thousand rows. */
const fileLimitBytes = 512 * 1024 * 1024;

function refuse(path: JsonPath, msg: string): never {
  throw new RequestInvalidError([{ loc: ["body", ...path], msg, type: "value_error" }]);
}

/** Reads a file without what two readers could read differently. Throws RequestInvalidError (422). */
function parseFile(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse([], `not JSON: ${(error as Error).message}`);
  }
  const repeated = findRepeatedName(text);
  if (repeated !== null) refuse(repeated, "this name is in its object twice");
  checkStorable(value);
  refusePrototypes(value, []);
  return value;
}

/** `__proto__` is no key of anything here, and a program that copies carelessly would take it for more than a name. */
function refusePrototypes(value: unknown, path: JsonPath): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(name) : name];
    if (name === "__proto__") refuse(at, "this name is not allowed");
    refusePrototypes(item, at);
  }
}

function modeOf(query: unknown): ImportMode {
  const create = parseFlag(query, "create");
  const replace = parseFlag(query, "replace");
  if (create && replace) throw invalid("Give create or replace, not both.");
  if (create) return "create";
  return replace ? "replace" : "fill";
}

/** Environments as files: our own, not Permit's API. */
export function registerEnvironmentExchange(app: FastifyInstance, store: Store): void {
  app.get("/local/environments/:project/:environment", (request, reply) => {
    const principal = authenticate(store, request.headers.authorization);
    const row = findEnvironment(store, principal, pathParam(request, "project"), pathParam(request, "environment"));
    const withKeys = parseFlag(request.query, "with_keys");
    if (withKeys) {
      requireProject(principal);
      requireAccess(principal, "admin");
    }
    // Of one moment: while it was sent, rows could go that others refer to.
    const pieces = [...exportEnvironment(store, row, withKeys)];
    return reply.type("application/json; charset=utf-8").send(Readable.from(pieces));
  });

  app.register(async (scope) => {
    // As text: a parsed file no longer shows which names it had twice.
    scope.removeContentTypeParser("application/json");
    scope.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => done(null, body));
    // Not `:environment`, which would have to exist.
    scope.post("/local/environments/:project/:key", { bodyLimit: fileLimitBytes }, async (request) => {
      const principal = authenticate(store, request.headers.authorization);
      requireProject(principal);
      requireAccess(principal, "admin");
      const project = findProject(store, principal, pathParam(request, "project"));
      const key = pathParam(request, "key");
      if (!keySchema.safeParse(key).success) throw invalid(`'${key}' can't be the key of an environment.`);
      const mode = modeOf(request.query);
      const file = parseBody(environmentFileSchema, parseFile(String(request.body ?? "")));
      return store.write(() => readEnvironment(store, importEnvironment(store, project.id, key, file, mode)));
    });
  });
}
