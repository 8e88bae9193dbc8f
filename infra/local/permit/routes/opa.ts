import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { type CheckAnswer, Questions } from "../http/answer-questions.ts";
import { registerQuestions } from "../http/decision-point.ts";
import { checkSchema, userPermissionsSchema } from "../http/question-schemas.ts";
import { parseBody } from "../http/request-body.ts";
import type { Store } from "../storage/store.ts";

/** OPA shows `debug` unless the question says no. */
const debuggable = { use_debugger: z.boolean().nullish() };
const rootSchema = z.object({ input: checkSchema.extend(debuggable) });
const bulkSchema = z.object({ input: z.object({ checks: z.array(checkSchema), ...debuggable }) });
const permissionsSchema = z.object({ input: userPermissionsSchema });

function readRoot({ allow, debug }: CheckAnswer, withDebug: boolean): object {
  const { rbac, rebac, abac } = debug;
  const allowing_sources = Object.entries({ rbac, rebac, abac }).flatMap(([name, answer]) =>
    answer?.allow === true ? [name] : [],
  );
  return { allow, allowing_sources, ...(withDebug ? { debug } : {}) };
}

/** What the container's OPA answers on its own port, for clients that go past the decision point (`useOpa`). */
export function registerOpa(app: FastifyInstance, store: Store): void {
  const { decisions: logs } = store;
  registerQuestions(app, store, {
    "/v1/data/permit/root": (env, body) => {
      const { use_debugger, ...input } = parseBody(rootSchema, body).input;
      return { result: readRoot(new Questions(env, logs).check(input), use_debugger !== false) };
    },
    "/v1/data/permit/bulk": (env, body) => {
      const { checks, use_debugger } = parseBody(bulkSchema, body).input;
      const questions = new Questions(env, logs);
      return { result: { allow: checks.map((each) => readRoot(questions.check(each), use_debugger !== false)) } };
    },
    "/v1/data/permit/user_permissions": (env, body) => {
      const { input } = parseBody(permissionsSchema, body);
      return { result: { permissions: new Questions(env, logs).userPermissions(input) } };
    },
  });
}
