import type { Permit } from "permitio";
import { createPermit, type PermitConnection } from "./http.ts";
import { PermitRequestError } from "./request-error.ts";

/** A Permit environment by its keys: what a host lives in. */
export interface EnvironmentRef {
  readonly project: string;
  readonly environment: string;
}

/** A resource instance as the bulk endpoint takes it. */
export interface InstanceRequest {
  readonly resource: string;
  readonly key: string;
  readonly tenant: string;
  readonly attributes: object;
}

/** Permit with the key of one environment: everything but the environment itself. */
export interface EnvironmentClient {
  readonly api: Permit["api"];
  /** Creates or overwrites instances, in one request. */
  replaceInstances(instances: readonly InstanceRequest[]): Promise<void>;
  /** Deletes instances (`type:key`) with their tuples and role assignments, in one request. */
  deleteInstances(refs: readonly string[]): Promise<void>;
}

/** Permit with an organization- or project-level key: environments and their keys. */
export interface OrganizationClient {
  /** The management API, once the key's scope is known to be wide enough. */
  management(): Promise<Permit["api"]>;
  /** The environment's own key. A secret. Throws PermitRequestError 404 when there is no such environment. */
  environmentKey(ref: EnvironmentRef): Promise<string>;
  /** A client for one environment; the same one until `forget`. */
  environment(ref: EnvironmentRef): Promise<EnvironmentClient>;
  /** Drops the client of a deleted environment: a new one of that key has another API key. */
  forget(ref: EnvironmentRef): void;
}

interface KeyScope {
  readonly project_id?: string | null;
  readonly environment_id?: string | null;
}

function connectEnvironment(
  connection: PermitConnection,
  ids: { readonly project: string; readonly environment: string },
): EnvironmentClient {
  const permit = createPermit(connection);
  // The SDK has no method for these two.
  const url = `${connection.apiUrl}/v2/facts/${ids.project}/${ids.environment}/bulk/resource_instances`;
  const headers = { authorization: `Bearer ${connection.apiKey}` };
  const http = permit.config.axiosInstance;
  return {
    api: permit.api,
    replaceInstances: async (instances) => {
      await http.put(url, { operations: instances }, { headers });
    },
    deleteInstances: async (refs) => {
      await http.delete(url, { headers, data: { idents: refs } });
    },
  };
}

/**
 * Connects with the key that provisions a host. Nothing is sent until the first call. Every failure is a
 * PermitRequestError; a key of environment level is refused with status 403, because it can neither make the
 * environment nor read its key.
 */
export function connectOrganization(connection: PermitConnection): OrganizationClient {
  const apiUrl = connection.apiUrl.replace(/\/+$/, "");
  const settings = { ...connection, apiUrl };
  const permit = createPermit(settings);
  let scopeChecked: Promise<void> | undefined;
  const environments = new Map<string, Promise<EnvironmentClient>>();

  // The SDK asks for the scope too, but answers any failure, a wrong key included, with one text that says nothing.
  const checkScope = async () => {
    const { data } = await permit.config.axiosInstance.get<KeyScope>(`${apiUrl}/v2/api-key/scope`, {
      headers: { authorization: `Bearer ${connection.apiKey}` },
    });
    if (typeof data.environment_id === "string") {
      throw new PermitRequestError(
        403,
        "KEY_TOO_NARROW",
        "The Permit API key belongs to one environment. Provisioning needs an organization- or project-level key.",
      );
    }
  };
  const scope = () => {
    scopeChecked ??= checkScope().catch((error: unknown) => {
      scopeChecked = undefined;
      throw error;
    });
    return scopeChecked;
  };
  const readKey = async ({ project, environment }: EnvironmentRef) => {
    await scope();
    const key = await permit.api.environments.getApiKey(project, environment);
    if (key.secret === undefined || !key.project_id || !key.environment_id) {
      throw new PermitRequestError(
        403,
        "KEY_NOT_READABLE",
        `Permit does not show the API key of environment ${project}/${environment} to this key. Use one with admin access.`,
      );
    }
    return { secret: key.secret, project: key.project_id, environment: key.environment_id };
  };
  const connect = async (ref: EnvironmentRef) => {
    const { secret, ...ids } = await readKey(ref);
    return connectEnvironment({ ...settings, apiKey: secret }, ids);
  };
  const cacheKey = (ref: EnvironmentRef) => `${ref.project}/${ref.environment}`;

  return {
    management: async () => {
      await scope();
      return permit.api;
    },
    environmentKey: async (ref) => (await readKey(ref)).secret,
    environment: async (ref) => {
      const known = environments.get(cacheKey(ref));
      if (known !== undefined) return known;
      const made = connect(ref);
      environments.set(cacheKey(ref), made);
      // A failed connection must not be the answer for ever.
      made.catch(() => environments.delete(cacheKey(ref)));
      return made;
    },
    forget: (ref) => {
      environments.delete(cacheKey(ref));
    },
  };
}
