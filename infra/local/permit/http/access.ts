import { forbidden, notFound, unauthorized } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import { type EnvironmentRow, type ProjectRow, secretDigest } from "../state/organization.ts";
import type { Store } from "../storage/store.ts";

/** Whom an API key stands for: the organization (environmentId null) or one environment. */
export interface Principal {
  readonly environmentId: string | null;
}

/** The key of an `Authorization` header. The scheme is case-insensitive (RFC 9110 11.1); one SDK sends it in lower case. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? null;
}

/** Whom the key stands for; undefined when nobody has it. */
export function principalOf(store: Store, secret: string | null): Principal | undefined {
  if (secret === null) return undefined;
  const key = store.organization.apiKeys.byKey(secretDigest(secret));
  return key === undefined ? undefined : { environmentId: key.environment_id };
}

/** Throws 401. */
export function authenticate(store: Store, authorization: string | undefined): Principal {
  const principal = principalOf(store, bearerOf(authorization));
  if (principal === undefined) throw unauthorized();
  return principal;
}

/** Throws 403 for the key of an environment. */
export function requireOrganization(principal: Principal): void {
  if (principal.environmentId === null) return;
  throw forbidden("This needs the organization's API key. You sent the key of an environment.");
}

/** The environment of a key; null for the organization's key. */
export function ownEnvironment(store: Store, principal: Principal): EnvironmentRow | null {
  if (principal.environmentId === null) return null;
  return store.organization.environments.byId(principal.environmentId) ?? null;
}

const otherScope = "This API key belongs to another environment. Use that environment's own key or the organization's.";

/** Finds a project by id or key. Throws 404, or 403 for a key that belongs elsewhere, whether the project exists or not. */
export function findProject(store: Store, principal: Principal, idOrKey: string): ProjectRow {
  const { projects } = store.organization;
  const project = projects.byId(idOrKey) ?? projects.byKey(idOrKey);
  if (principal.environmentId !== null && project?.id !== ownEnvironment(store, principal)?.project_id) {
    throw forbidden(otherScope);
  }
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
