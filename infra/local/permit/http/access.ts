import { forbidden, notFound, unauthorized } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import {
  type AccessLevel,
  type ApiKeyRow,
  accessLevels,
  type EnvironmentRow,
  type ProjectRow,
  secretDigest,
} from "../state/organization.ts";
import type { Store } from "../storage/store.ts";

/** Whom an API key stands for, and what it may do there. */
export interface Principal {
  /** null: the whole organization. */
  readonly projectId: string | null;
  /** null: the whole project or organization. */
  readonly environmentId: string | null;
  readonly access: AccessLevel;
}

/** What the parameters of a path name, by id or key. */
interface PathScope {
  readonly project?: string;
  readonly environment?: string;
}

/** The key of an `Authorization` header. The scheme is case-insensitive (RFC 9110 11.1); one SDK sends it in lower case. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? null;
}

function keyOf(store: Store, secret: string | null): ApiKeyRow | undefined {
  return secret === null ? undefined : store.organization.apiKeys.byKey(secretDigest(secret));
}

function principalOfKey(key: ApiKeyRow): Principal {
  return { projectId: key.project_id, environmentId: key.environment_id, access: key.access_level };
}

/** Whom the key stands for; undefined when nobody has it, or when it may do nothing. */
export function principalOf(store: Store, secret: string | null): Principal | undefined {
  const key = keyOf(store, secret);
  return key === undefined || key.access_level === "no_access" ? undefined : principalOfKey(key);
}

/** Throws 401 for an unknown key. */
export function authenticate(store: Store, authorization: string | undefined): Principal {
  const key = keyOf(store, bearerOf(authorization));
  if (key === undefined) throw unauthorized();
  return principalOfKey(key);
}

/** Throws 403 unless the key may do `needed` in its scope. */
export function requireAccess(principal: Principal, needed: AccessLevel): void {
  if (accessLevels.indexOf(principal.access) >= accessLevels.indexOf(needed)) return;
  throw forbidden(`This needs an API key with access level '${needed}'. You sent one with '${principal.access}'.`);
}

/** Throws 403 for the key of a project or environment. */
export function requireOrganization(principal: Principal): void {
  if (principal.projectId === null) return;
  throw forbidden("This needs the organization's API key. You sent the key of a project or an environment.");
}

/** Throws 403 for the key of an environment. */
export function requireProject(principal: Principal): void {
  if (principal.environmentId === null) return;
  throw forbidden("This needs the API key of the project or the organization. You sent the key of an environment.");
}

/** Whether what belongs to the project, and to the environment if there is one, is in the scope of the key. */
export function covers(principal: Principal, projectId: string | null, environmentId: string | null): boolean {
  if (principal.projectId !== null && principal.projectId !== projectId) return false;
  return principal.environmentId === null || principal.environmentId === environmentId;
}

const otherScope =
  "This API key belongs to another project or environment. Use that one's own key, or the organization's.";

/** Finds a project by id or key. Throws 404, or 403 for a key that belongs elsewhere, whether the project exists or not. */
export function findProject(store: Store, principal: Principal, idOrKey: string): ProjectRow {
  const { projects } = store.organization;
  const project = projects.byId(idOrKey) ?? projects.byKey(idOrKey);
  if (principal.projectId !== null && project?.id !== principal.projectId) throw forbidden(otherScope);
  if (project === undefined) throw notFound("Project", idOrKey);
  return project;
}

/** Finds an environment by id or key. Throws as `findProject`. */
export function findEnvironment(
  store: Store,
  principal: Principal,
  projectIdOrKey: string,
  idOrKey: string,
): EnvironmentRow {
  const project = findProject(store, principal, projectIdOrKey);
  const { environments } = store.organization;
  const byId = environments.byId(idOrKey);
  const environment = byId?.project_id === project.id ? byId : environments.byKey(`${project.id} ${idOrKey}`);
  if (principal.environmentId !== null && environment?.id !== principal.environmentId) throw forbidden(otherScope);
  if (environment === undefined) throw notFound("Environment", idOrKey);
  return environment;
}

/** Throws as `findEnvironment` and `findProject` unless what the parameters of a path name is in the scope of the key. */
export function checkScope(store: Store, principal: Principal, { project, environment }: PathScope): void {
  if (project === undefined) return;
  if (environment === undefined) findProject(store, principal, project);
  else findEnvironment(store, principal, project, environment);
}

/** The state of an environment. Throws as `findEnvironment`. */
export function openEnvironment(
  store: Store,
  principal: Principal,
  projectIdOrKey: string,
  idOrKey: string,
): EnvironmentState {
  const state = store.environment(findEnvironment(store, principal, projectIdOrKey, idOrKey).id);
  if (state === undefined) throw notFound("Environment", idOrKey);
  return state;
}
