import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { DecisionLogs } from "../audit/decision-logs.ts";
import { type Decision, decide } from "../decide/decide.ts";
import { policyIndex } from "../decide/policy-index.ts";
import { userPermissions } from "../decide/user-permissions.ts";
import { bearerOf, principalOf } from "../http/access.ts";
import { parseBody } from "../http/request-body.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { Store } from "../storage/store.ts";

const record = z.record(z.string(), z.unknown());
const userSchema = z.object({ key: z.string(), attributes: record.optional() });
/** Unknown fields are ignored here, as the decision point does, unlike in the control plane. */
const querySchema = z.object({
  user: userSchema,
  action: z.string(),
  resource: z.object({
    type: z.string(),
    key: z.string().nullish(),
    tenant: z.string().nullish(),
    attributes: record.optional(),
  }),
  context: record.optional(),
});
const names = z.array(z.string()).nullish();
const permissionsSchema = z.object({ user: userSchema, tenants: names, resources: names, resource_types: names });

type AllowedQuery = z.infer<typeof querySchema>;

/** A refusal in plain text: the decision point answers 401 and 403 so, not in the control plane's shape. */
class PlainRefusal {
  readonly status: number;
  readonly text: string;

  constructor(status: number, text: string) {
    this.status = status;
    this.text = text;
  }
}

/** The environment of the key. A decision point serves one environment: the organization's key opens none. */
function environmentOfKey(store: Store, request: FastifyRequest): EnvironmentState | PlainRefusal {
  const { authorization } = request.headers;
  if (authorization === undefined) return new PlainRefusal(401, "Missing Authorization header");
  const id = principalOf(store, bearerOf(authorization))?.environmentId ?? null;
  const env = id === null ? undefined : store.environment(id);
  return env ?? new PlainRefusal(403, "You are not authorized to access this resource, please check your API key.");
}

function answer(env: EnvironmentState, query: AllowedQuery, decisions: DecisionLogs): object {
  const { user, action, resource } = query;
  const asked = {
    user: user.key,
    action,
    type: resource.type,
    key: resource.key ?? undefined,
    tenant: resource.tenant ?? undefined,
  };
  const index = policyIndex(env);
  const decision = decide(index, asked);
  decisions.add(env.scope.environment_id, {
    id: env.effects.newId(),
    timestamp: env.effects.now(),
    query: "check",
    ...asked,
    allow: decision.allow,
    reason: reasonOf(decision),
    input: query,
  });
  const { allow, ...engines } = decision;
  const synced = index.hasUser(user.key);
  return {
    allow,
    result: allow,
    query,
    debug: { request: { user: { ...user, synced }, tenant: asked.tenant ?? null, action, resource }, ...engines },
  };
}

/** The reason that stands for the whole decision: that of what allowed or, denied, of the more specific question. */
function reasonOf({ rbac, rebac }: Decision): string {
  return rbac.allow ? rbac.reason : (rebac ?? rbac).reason;
}

/** `/allowed`, `/allowed/bulk`, `/user-permissions`: the decision point. */
export function registerDecisions(app: FastifyInstance, store: Store, decisions: DecisionLogs): void {
  const ask = (path: string, reply: (env: EnvironmentState, body: unknown) => unknown) =>
    app.register(async (scope) => {
      // Before the body is read, as for the control plane.
      scope.addHook("onRequest", async (request, response) => {
        store.checkHealthy();
        const env = environmentOfKey(store, request);
        if (env instanceof PlainRefusal) await response.code(env.status).type("text/plain").send(env.text);
      });
      scope.post(path, (request, response) => {
        const env = environmentOfKey(store, request);
        if (env instanceof PlainRefusal) return response.code(env.status).type("text/plain").send(env.text);
        return reply(env, request.body);
      });
    });

  ask("/allowed", (env, body) => answer(env, parseBody(querySchema, body), decisions));
  ask("/allowed/bulk", (env, body) => ({
    allow: parseBody(z.array(querySchema), body).map((query) => answer(env, query, decisions)),
  }));
  ask("/user-permissions", (env, body) => {
    const { user, tenants, resources, resource_types } = parseBody(permissionsSchema, body);
    const entries = userPermissions(policyIndex(env), user.key, {
      tenants: tenants ?? null,
      resources: resources ?? null,
      resourceTypes: resource_types ?? null,
    });
    return Object.fromEntries(entries.map(({ place, ...rest }) => [place, { ...readPlace(env, place), ...rest }]));
  });
}

function readPlace(env: EnvironmentState, place: string): object {
  const [type = "", key = ""] = place.split(":");
  if (type === "__tenant") return { tenant: { key, type, attributes: env.tenants.byKey(key)?.attributes ?? {} } };
  return { resource: { key, type, attributes: env.instances.byKey(place)?.attributes ?? {} } };
}
