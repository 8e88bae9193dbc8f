import type { FastifyInstance } from "fastify";
import { authenticate, findEnvironment, ownEnvironment } from "../http/access.ts";
import { pathParam } from "../http/environment-call.ts";
import { notFound } from "../state/api-error.ts";
import type { Store } from "../storage/store.ts";

/** What a key may see, and the key of an environment. */
export function registerApiKeys(app: FastifyInstance, store: Store): void {
  app.get("/v2/api-key/scope", (request) => {
    const environment = ownEnvironment(store, authenticate(store, request.headers.authorization));
    return {
      organization_id: store.organizationId,
      project_id: environment?.project_id ?? null,
      environment_id: environment?.id ?? null,
    };
  });

  app.get("/v2/api-key/:project/:environment", (request) => {
    const principal = authenticate(store, request.headers.authorization);
    const environment = findEnvironment(
      store,
      principal,
      pathParam(request, "project"),
      pathParam(request, "environment"),
    );
    const [key] = store.organization.apiKeys.by("environment", environment.id);
    if (key === undefined) throw notFound("API key of environment", environment.key);
    return {
      id: key.id,
      organization_id: store.organizationId,
      project_id: environment.project_id,
      environment_id: environment.id,
      object_type: "env",
      access_level: "admin",
      owner_type: "pdp_config",
      name: `Key of ${environment.key}`,
      secret: key.secret,
      created_at: key.created_at,
      last_used_at: null,
    };
  });
}
