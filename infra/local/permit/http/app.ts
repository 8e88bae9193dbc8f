import fastify, { type FastifyInstance, type FastifyReply, type FastifyServerOptions } from "fastify";
import { registerApiKeys } from "../routes/api-keys.ts";
import { registerAuditLogs } from "../routes/audit-logs.ts";
import { registerDecisions } from "../routes/decisions.ts";
import { registerEnvironmentCopies } from "../routes/environment-copies.ts";
import { registerEnvironmentExchange } from "../routes/environment-exchange.ts";
import { registerEnvironments } from "../routes/environments.ts";
import { registerRelationshipTuples } from "../routes/facts-relationship-tuples.ts";
import { registerResourceInstances } from "../routes/facts-resource-instances.ts";
import { registerRoleAssignments } from "../routes/facts-role-assignments.ts";
import { registerSetRules } from "../routes/facts-set-rules.ts";
import { registerTenantUsers } from "../routes/facts-tenant-users.ts";
import { registerTenants } from "../routes/facts-tenants.ts";
import { registerUsers } from "../routes/facts-users.ts";
import { registerHealth } from "../routes/health.ts";
import { registerOpa } from "../routes/opa.ts";
import { registerProjects } from "../routes/projects.ts";
import { registerActionGroups } from "../routes/schema-action-groups.ts";
import { registerActions } from "../routes/schema-actions.ts";
import { registerAttributes } from "../routes/schema-attributes.ts";
import { registerConditionSets } from "../routes/schema-condition-sets.ts";
import { registerRelations } from "../routes/schema-relations.ts";
import { registerResources } from "../routes/schema-resources.ts";
import { registerRoles } from "../routes/schema-roles.ts";
import type { Store } from "../storage/store.ts";
import { authenticate, checkScope, requireAccess } from "./access.ts";
import { registerFactsProxy, rewriteFactsUrl } from "./facts-proxy.ts";
import { checkStorable } from "./request-body.ts";
import { registerWaiting } from "./wait-for-decisions.ts";
import { writeError } from "./write-error.ts";

/** Room for bulk calls with some thousand operations. */
const bodyLimitBytes = 16 * 1024 * 1024;

function newApp(options: Pick<FastifyServerOptions, "rewriteUrl"> = {}): FastifyInstance {
  const app = fastify({
    ...options,
    bodyLimit: bodyLimitBytes,
    // The default of 100 would turn long user keys (an agent's names a client and a human) into a 404.
    routerOptions: { maxParamLength: 4096 },
    forceCloseConnections: true,
    // `checkStorable` refuses `__proto__` and says where it is; `constructor` is a name like any other here.
    onProtoPoisoning: "ignore",
    onConstructorPoisoning: "ignore",
  });
  app.setErrorHandler((error, _request, reply) => writeError(error, reply));
  const answerNotFound = (reply: FastifyReply) => reply.code(404).send({ detail: "Not Found" });
  app.setNotFoundHandler((_request, reply) => answerNotFound(reply));
  // Without a route nothing is parsed either.
  app.addHook("onRequest", (request, reply, done) => {
    if (request.is404) void answerNotFound(reply);
    else done();
  });
  app.addHook("preValidation", (request, _reply, done) => {
    checkStorable(request.body);
    done();
  });
  return app;
}

/** The HTTP application that stands for the OPA of the PDP container. */
export function createOpaApp(store: Store): FastifyInstance {
  const app = newApp();
  registerHealth(app, store);
  registerOpa(app, store);
  return app;
}

/** The HTTP application over a store: control plane (`/v2/...`) and decision point on one port. */
export function createApp(store: Store): FastifyInstance {
  const app = newApp({ rewriteUrl: (request) => rewriteFactsUrl(store, request) });
  registerHealth(app, store);
  registerFactsProxy(app);
  registerDecisions(app, store);
  // By themselves, so that a decision does not run the control plane's hooks.
  app.register(async (controlPlane) => registerControlPlane(controlPlane, store));
  return app;
}

/** Everything below `/v2` and `/local`. */
function registerControlPlane(app: FastifyInstance, store: Store): void {
  // Before the body is read: nobody without a key for this place gets anything parsed.
  app.addHook("onRequest", async (request) => {
    store.checkHealthy();
    const principal = authenticate(store, request.headers.authorization);
    requireAccess(principal, request.method === "GET" || request.method === "HEAD" ? "read" : "write");
    checkScope(store, principal, request.params as Readonly<Record<string, string>>);
  });
  registerWaiting(app, store);
  registerAuditLogs(app, store, store.decisions);
  registerApiKeys(app, store);
  registerProjects(app, store);
  registerEnvironments(app, store);
  registerEnvironmentCopies(app, store);
  registerEnvironmentExchange(app, store);
  registerResources(app, store);
  registerActions(app, store);
  registerActionGroups(app, store);
  registerAttributes(app, store);
  registerRoles(app, store);
  registerRelations(app, store);
  registerTenants(app, store);
  registerTenantUsers(app, store);
  registerUsers(app, store);
  registerRoleAssignments(app, store);
  registerResourceInstances(app, store);
  registerRelationshipTuples(app, store);
  registerConditionSets(app, store);
  registerSetRules(app, store);
}
