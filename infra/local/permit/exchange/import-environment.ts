import { createEnvironment, updateEnvironment } from "../organization/environments.ts";
import { builtInTypes } from "../schema/find-resource.ts";
import { invalid, notFound, RequestInvalidError } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import { type EnvironmentRow, secretDigest } from "../state/organization.ts";
import type { Store } from "../storage/store.ts";
import { checkRows, type RowProblem } from "./check-references.ts";
import type { EnvironmentFile } from "./environment-file.ts";
import type { EnvironmentRows } from "./row-schemas.ts";

/** Where the content of a file goes. */
export type ImportMode =
  /** Into an environment that is made for it. */
  | "create"
  /** Into one that has nothing in it yet. */
  | "fill"
  /** In place of what is in one. */
  | "replace";

/** More would help nobody. */
const problemsMax = 50;

/**
 * Makes the content of a file that of an environment; inside a mutation, so that a refusal leaves everything as it was.
 * Throws 404, 409, 400 for one that is not empty, and RequestInvalidError (422) with all that does not fit together.
 */
export function importEnvironment(
  store: Store,
  projectId: string,
  key: string,
  file: EnvironmentFile,
  mode: ImportMode,
): EnvironmentRow {
  const row = target(store, projectId, key, file, mode);
  const env = store.environment(row.id);
  if (env === undefined) throw notFound("Environment", key);
  if (mode === "fill" && !isFresh(env)) {
    throw invalid(`Environment '${key}' is not empty. Import into a new one, or replace what is in it.`);
  }
  for (const table of env.tables()) for (const each of table) table.delete(each.id);
  const problems: RowProblem[] = [...putRows(env, file.rows)];
  for (const key of builtInTypes.keys()) {
    if (env.resources.byKey(key) === undefined) {
      problems.push({ path: ["rows", "resource"], message: `the built-in type '${key}' is missing` });
    }
  }
  for (const kind of Object.keys(file.rows) as (keyof EnvironmentRows)[]) {
    for (const problem of checkRows(env, kind, file.rows[kind])) {
      problems.push(problem);
      if (problems.length >= problemsMax) break;
    }
  }
  problems.push(...addKeys(store, row, file));
  if (problems.length === 0) return row;
  throw new RequestInvalidError(
    problems
      .slice(0, problemsMax)
      .map(({ path, message }) => ({ loc: ["body", ...path], msg: message, type: "value_error" })),
  );
}

function target(
  store: Store,
  projectId: string,
  key: string,
  { environment, keys }: EnvironmentFile,
  mode: ImportMode,
): EnvironmentRow {
  const { environments, apiKeys } = store.organization;
  const { key: _key, jwks, ...rest } = environment;
  // Checked where it was set first; what is not used here is only kept.
  const settings = { ...rest, jwks: jwks as Parameters<typeof createEnvironment>[2]["jwks"] };
  if (mode !== "create") {
    const known = environments.byKey(`${projectId} ${key}`);
    if (known === undefined) throw notFound("Environment", key);
    return updateEnvironment(store, known, settings);
  }
  const made = createEnvironment(store, projectId, { key, ...settings });
  // The file's keys instead of the new one.
  if (keys !== undefined) for (const each of apiKeys.by("environment", made.id)) apiKeys.delete(each.id);
  return made;
}

function isFresh(env: EnvironmentState): boolean {
  const ownTypes = [...env.resources].filter(({ key, attributes }) => !builtInTypes.has(key) || attributes.length > 0);
  const ownTenants = [...env.tenants].filter(({ key }) => key !== "default");
  const rest = env.tables().filter(({ kind }) => kind !== "resource" && kind !== "tenant");
  return ownTypes.length === 0 && ownTenants.length === 0 && rest.every(({ size }) => size === 0);
}

function* putRows(env: EnvironmentState, rows: EnvironmentRows): Generator<RowProblem> {
  for (const table of env.tables().toReversed()) {
    const kind = table.kind as keyof EnvironmentRows;
    for (const [index, row] of rows[kind].entries()) {
      const path = ["rows", kind, index];
      if (table.has(row)) yield { path, message: "an earlier row has the same id or key" };
      else table.put(row);
    }
  }
}

function* addKeys(store: Store, environment: EnvironmentRow, { keys = [] }: EnvironmentFile): Generator<RowProblem> {
  const { apiKeys } = store.organization;
  const { newId, now } = store.effects;
  for (const [index, { secret, ...rest }] of keys.entries()) {
    const known = apiKeys.byKey(secretDigest(secret));
    const owner = { project_id: environment.project_id, environment_id: environment.id };
    if (known === undefined) apiKeys.put({ id: newId(), secret, ...rest, ...owner, created_at: now() });
    // Else it would open another environment, or this one with other rights than the file says.
    else if (known.environment_id !== environment.id || known.access_level !== rest.access_level) {
      yield { path: ["keys", index, "secret"], message: "this API key is in use for something else" };
    }
  }
}
