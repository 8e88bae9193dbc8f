import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Questions } from "../http/answer-questions.ts";
import { registerQuestions } from "../http/decision-point.ts";
import {
  authorizedUsersSchema,
  checkSchema,
  userPermissionsSchema,
  userTenantsSchema,
} from "../http/question-schemas.ts";
import { parseBody } from "../http/request-body.ts";
import type { Store } from "../storage/store.ts";

/** What the decision point answers on its own port: that of the PDP container. */
export function registerDecisions(app: FastifyInstance, store: Store): void {
  const { decisions: logs } = store;
  registerQuestions(app, store, {
    "/allowed": (env, body) => new Questions(env, logs).check(parseBody(checkSchema, body)),
    "/allowed/bulk": (env, body) => {
      const questions = new Questions(env, logs);
      return { allow: parseBody(z.array(checkSchema), body).map((each) => questions.check(each)) };
    },
    "/allowed/all-tenants": (env, body) => new Questions(env, logs).checkAllTenants(parseBody(checkSchema, body)),
    "/user-permissions": (env, body) =>
      new Questions(env, logs).userPermissions(parseBody(userPermissionsSchema, body)),
    "/user-tenants": (env, body) => new Questions(env, logs).userTenants(parseBody(userTenantsSchema, body)),
    "/authorized_users": (env, body) =>
      new Questions(env, logs).authorizedUsers(parseBody(authorizedUsersSchema, body)),
  });
}
